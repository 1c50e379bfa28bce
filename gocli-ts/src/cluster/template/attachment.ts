import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { GocliError } from '../../errors/error.ts';

const schema = z.object({
  sshPrivateKey: z.string(),
  sshPublicKey: z.string(),
  /** Absent for machines without Kubernetes. */
  admin: z.object({ ca: z.string(), cert: z.string(), key: z.string() }).optional(),
});

/** What one needs to talk to thawed machines: kept beside them, readable for root only. */
export type Attachment = z.infer<typeof schema>;

/** @throws GocliError BAD_FILE */
export function parseAttachment(text: string): Attachment {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new GocliError('BAD_FILE', 'the keys of the template cannot be read', { cause: error });
  }
}

/** When the first of the certificates expires, milliseconds since the epoch. */
export function expiryOf({ admin }: Attachment): number | undefined {
  if (admin === undefined) return undefined;
  return Math.min(...[admin.ca, admin.cert].map((pem) => Date.parse(new X509Certificate(pem).validTo)));
}
