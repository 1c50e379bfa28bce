import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type List, without } from './kubeconfig-document.ts';

/** Name of the extension that says of an entry in a user's kubeconfig that gocli wrote it. client-go carries it along. */
const MARK = 'gocli.io/cluster';

const bodySchema = z.record(z.string(), z.unknown());
const extensionsSchema = z.array(z.looseObject({ name: z.string(), extension: z.unknown() }));
const markSchema = z.object({ sha256: z.string() });

/** The content of an entry with the mark by which it is known again, as long as it stays as it is. */
export function markBody(list: List, name: string, body: unknown): Record<string, unknown> {
  const plain = bodySchema.parse(body);
  const extension = { sha256: digest(list, name, plain) };
  return { ...plain, extensions: [{ name: MARK, extension }] };
}

/**
 * True for an entry that carries the mark and is as it was written. The namespace of a context does not count: that is
 * where kubectl keeps what the user works on.
 */
export function isAsWritten(list: List, name: string, body: unknown): boolean {
  const { data: plain } = bodySchema.safeParse(body);
  const { data: extensions } = extensionsSchema.safeParse(plain?.['extensions']);
  const { data: mark } = markSchema.safeParse(extensions?.find((one) => one.name === MARK)?.extension);
  if (plain === undefined || extensions === undefined || mark === undefined) return false;
  const rest = without(plain, 'extensions');
  const further = extensions.filter((one) => one.name !== MARK);
  return mark.sha256 === digest(list, name, further.length === 0 ? rest : { ...rest, extensions: further });
}

function digest(list: List, name: string, body: Record<string, unknown>): string {
  const counts = list === 'contexts' ? without(body, 'namespace') : body;
  return createHash('sha256')
    .update(`${list}\n${name}\n${canonical(counts)}`)
    .digest('hex');
}

/** client-go sorts the keys of what it writes. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
