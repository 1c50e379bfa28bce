import { z } from 'zod';
import { GocliError } from '../../errors/error.ts';

const schema = z.looseObject({ sshPrivateKey: z.string(), sshPublicKey: z.string() });

/** What a kind keeps beside a template to talk to its rigs; its form is the kind's own. */
export type KindKeys = Readonly<Record<string, unknown>>;

/** What one needs to talk to frozen machines: kept beside them, readable for root only. */
export type RigKeys = Readonly<z.infer<typeof schema>>;

/** @throws GocliError BAD_FILE */
export function parseKeys(text: string): RigKeys {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new GocliError('BAD_FILE', 'the keys of the template cannot be read', { cause: error });
  }
}
