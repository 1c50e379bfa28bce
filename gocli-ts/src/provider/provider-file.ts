import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import { didYouMean } from '../shared/text.ts';
import { type ProviderConfig, providerSchema } from './schema.ts';
import { MIB } from '../shared/size.ts';

const PROVIDER_FILE = 'provider.yaml';
/** A provider file has some hundred lines; more than this is not one. */
const MAX_BYTES = MIB;

/**
 * Reads and checks the `provider.yaml` of a version folder.
 * @throws GocliError BAD_FILE: no such file (naming the folders that have one), too big, not YAML, or against the
 * schema (every problem with file, line and column, and for an unknown key the nearest valid one)
 */
export async function readProviderFile(folder: string): Promise<ProviderConfig> {
  const file = join(folder, PROVIDER_FILE);
  const about = await stat(file).catch(() => undefined);
  if (about?.isFile() !== true) throw await missing(folder);
  if (about.size > MAX_BYTES) throw new GocliError('BAD_FILE', `${file} is larger than 1 MiB`);
  return parseProviderFile(await readFile(file, 'utf8'), file);
}

/**
 * Pure part of {@link readProviderFile}.
 * @throws GocliError BAD_FILE
 */
export function parseProviderFile(text: string, file: string): ProviderConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw badFile(document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`));
  }
  const parsed = providerSchema.safeParse(toData(document, file));
  if (parsed.success) return parsed.data;
  throw badFile(
    parsed.error.issues.flatMap((issue) =>
      describe(issue).map(({ path, key, text: what }) => `${at(offsetOf(document, path, key))}: ${what}`),
    ),
  );
}

function toData(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // The yaml package refuses documents that expand to an excessive number of aliases.
    throw new GocliError('BAD_FILE', `${file} cannot be expanded`, { cause: error });
  }
}

function badFile(problems: readonly string[]): GocliError {
  const [first = 'wrong', ...others] = problems;
  return new GocliError('BAD_FILE', first, others.length === 0 ? {} : { observed: others.join('\n') });
}

interface Problem {
  readonly path: readonly PropertyKey[];
  /** The key of the mapping at `path` that is meant, when it is the key and not its value that is wrong. */
  readonly key?: string;
  readonly text: string;
}

function describe(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path);
    return issue.keys.map((key) => ({
      path: issue.path,
      key,
      text: `unknown key "${[...issue.path, key].join('.')}".${didYouMean(key, known) || ` Valid: ${known.join(', ')}`}`,
    }));
  }
  const where = issue.path.length === 0 ? 'the file' : `"${issue.path.join('.')}"`;
  return [{ path: issue.path, text: `${where}: ${issue.message}` }];
}

const jsonNode = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
});

/** Valid keys of the mapping at a path, from the schema itself. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let node: unknown = z.toJSONSchema(providerSchema, { io: 'input' });
  for (const part of path) {
    const { properties, items } = jsonNode.parse(node);
    node = typeof part === 'number' ? items : properties?.[String(part)];
  }
  return Object.keys(jsonNode.safeParse(node).data?.properties ?? {});
}

/** Where in the text a path is; for what is not there, where the nearest enclosing value begins. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[], key: string | undefined): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    const named =
      key !== undefined && isMap(node) ? node.items.find((pair) => nameOf(pair.key) === key) : undefined;
    const found = isNode(named?.key) ? named.key : node;
    return found.range?.[0] ?? 0;
  }
  return 0;
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

async function missing(folder: string): Promise<GocliError> {
  const parent = dirname(folder);
  const siblings = await readdir(parent).catch(() => []);
  const found = await Promise.all(
    siblings.map(async (name) => {
      const there = await stat(join(parent, name, PROVIDER_FILE)).catch(() => undefined);
      return there?.isFile() === true ? [join(parent, name)] : [];
    }),
  );
  const folders = found.flat().sort();
  const known =
    folders.length === 0
      ? 'Give a version folder such as cluster-provision/k8s/1.36.'
      : `Folders with one: ${folders.join(', ')}`;
  return new GocliError('BAD_FILE', `${folder} has no ${PROVIDER_FILE}`, { hint: known });
}
