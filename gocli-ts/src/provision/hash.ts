import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GocliError } from '../errors/error.ts';
import type { StepInputs, StepName } from './step.ts';

/** Raised when the meaning of results changes, so that older ones are not used. */
const FORMAT = 1;

/** Digest per input, by name: `value:<name>`, `file:<path below root>`, `need:<step>`. */
export type InputDigests = Readonly<Record<string, string>>;

/**
 * Digests of a step's own inputs. Files count with their path below `root`, whether they are executable, and their
 * content, so that two checkouts of one commit have the same digests.
 * @throws GocliError BAD_FILE when an input file is missing
 */
export async function digestInputs(inputs: StepInputs, root: string): Promise<InputDigests> {
  const values = Object.entries(inputs.values).map(
    ([name, value]) => [`value:${name}`, sha256(value)] as const,
  );
  const files = await Promise.all(inputs.files.map((path) => digestTree(path, root)));
  return Object.fromEntries([...values, ...files.flat()].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The key of a step, of a component, or of the images of an addon: equal keys mean equal results. */
export function stepKey(step: StepName | 'addon' | 'component', inputs: InputDigests): string {
  return sha256(JSON.stringify([FORMAT, step, Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1))]));
}

/** Names of the inputs that differ between two results of a step, as people know them. */
export function changedInputs(before: InputDigests, now: InputDigests): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.filter((name) => before[name] !== now[name]).map((name) => name.replace(/^[a-z]+:/, ''));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function digestTree(path: string, root: string): Promise<(readonly [string, string])[]> {
  const about = await lstat(path).catch((cause: unknown) => {
    throw new GocliError('BAD_FILE', `${path} is missing`, { cause });
  });
  if (about.isDirectory()) {
    const names = await readdir(path);
    return (await Promise.all(names.map((name) => digestTree(join(path, name), root)))).flat();
  }
  const mode = (about.mode & 0o111) === 0 ? 'file' : 'program';
  const digest = about.isSymbolicLink()
    ? sha256(`link ${await readlink(path)}`)
    : sha256(`${mode} ${await digestFile(path)}`);
  return [[`file:${relative(root, path)}`, digest]];
}

async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
