import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GocliError } from '../errors/error.ts';
import { MIB } from '../shared/size.ts';
import type { Finding } from './finding.ts';
import { PROVIDER_FOLDER } from './schema.ts';
import { readYamlDocument, type YamlDocument } from './yaml-text.ts';

export const PROVIDER_FILE = 'provider.yaml';
/** A provider file has some hundred lines; more than this is not one. */
const MAX_BYTES = MIB;

/** A text of one document, and what of it is no YAML. */
export function documentOf(
  text: string,
  file: string,
): { document: YamlDocument; findings: readonly Finding[] } {
  const { documents, findings } = readYamlDocument(text, file);
  const [document] = documents;
  if (document === undefined) throw new GocliError('INTERNAL', `${file} has no document`);
  return { document, findings };
}

/** The folder that a provider's file names as the one it extends, as far as that can be read. */
export function baseOf(text: string, file: string): string | undefined {
  const named = saidIn(text, file, 'extends');
  return typeof named === 'string' && PROVIDER_FOLDER.test(named) ? named : undefined;
}

export function extendsAnother(data: unknown): data is { readonly extends: unknown } {
  return typeof data === 'object' && data !== null && 'extends' in data;
}

/** What stands in a file for a key, whatever it is. */
export function saidIn(text: string, file: string, key: string): unknown {
  return valueAt(readYamlDocument(text, file).documents[0]?.data, key);
}

/** What data that no schema has seen yet has for a key. */
export function valueAt(data: unknown, key: string): unknown {
  return typeof data === 'object' && data !== null ? (Reflect.get(data, key) as unknown) : undefined;
}

/** @throws GocliError BAD_FILE: no such file (naming the folders that have one) or too big */
export async function readText(folder: string, file: string): Promise<string> {
  const about = await stat(file).catch(() => undefined);
  if (about?.isFile() !== true) throw await missing(folder);
  if (about.size > MAX_BYTES) throw new GocliError('BAD_FILE', `${file} is larger than 1 MiB`);
  return readFile(file, 'utf8');
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
