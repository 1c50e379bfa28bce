import { z } from 'zod';
import { didYouMean } from '../shared/text.ts';
import type { Finding } from './finding.ts';
import type { YamlDocument } from './yaml-text.ts';

/** Data as a schema wants it, or everything that it does not want. */
export interface Checked<T> {
  readonly data?: T;
  readonly findings: readonly Finding[];
}

/**
 * Checks a document's data.
 * @param data in its place, what it is together with others
 */
export function checkBySchema<T>(
  schema: z.ZodType<T>,
  document: YamlDocument,
  data: unknown = document.data,
): Checked<T> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return { data: parsed.data, findings: [] };
  const findings = parsed.error.issues.flatMap((issue) =>
    describe(issue, schema).map(({ path, key, text }) => document.finding(path, text, key)),
  );
  return { findings };
}

interface Problem {
  readonly path: readonly PropertyKey[];
  /** The key of the mapping at `path` that is meant, when it is the key and not its value that is wrong. */
  readonly key?: string;
  readonly text: string;
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => ({
      path: issue.path,
      key,
      text: `unknown key "${[...issue.path, key].join('.')}".${didYouMean(key, known) || ` Valid: ${known.join(', ')}`}`,
    }));
  }
  const where = issue.path.length === 0 ? 'the file' : `"${issue.path.join('.')}"`;
  // Of a key in a record, what is wrong with it stands below.
  const below = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
  const key = below === undefined ? {} : { path: issue.path.slice(0, -1), key: String(issue.path.at(-1)) };
  return [{ path: issue.path, ...key, text: `${where}: ${below ?? issue.message}` }];
}

const jsonNode = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
});

/** Valid keys of the mapping at a path, from the schema itself. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let node: unknown = z.toJSONSchema(schema, { io: 'input' });
  for (const part of path) {
    const { properties, additionalProperties, items } = jsonNode.parse(node);
    node = typeof part === 'number' ? items : (properties?.[String(part)] ?? additionalProperties);
  }
  return Object.keys(jsonNode.safeParse(node).data?.properties ?? {});
}
