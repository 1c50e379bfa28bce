import { z } from 'zod';
import { GocliError } from '../errors/error.ts';

/** Name of the section that a provider, a plan and an image of plain machines have. */
export const SECTION = 'vm';

const schema = z.object({ user: z.string() });

/** The section of a guest plan or of the facts of an image. @throws GocliError INTERNAL when it has none */
export function vmOf(sections: Readonly<Record<string, unknown>>): z.infer<typeof schema> {
  const parsed = schema.safeParse(sections[SECTION]);
  if (parsed.success) return parsed.data;
  throw new GocliError('INTERNAL', 'a plain machine was asked of a plan without one');
}
