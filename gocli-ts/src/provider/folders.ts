import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isPlainFile } from '../host/user-file.ts';
import { providerNameOf } from './name.ts';

export interface ProviderFolder {
  /** `k8s-1.36`: the folder `k8s/1.36` with its slash replaced. */
  readonly name: string;
  readonly folder: string;
}

/** `vm/l0` of `…/vm/l0`: how one folder of providers names another. */
export function wordsOfFolder(folder: string): string {
  return `${basename(dirname(folder))}/${basename(folder)}`;
}

/** `vm-l0` of `…/vm/l0`. */
export function nameOfFolder(folder: string): string {
  return providerNameOf(wordsOfFolder(folder));
}

/**
 * The version folders below `cluster-provision` that have a provider.yaml, by name.
 * @throws GocliError FILE where nobody can say whether there is one
 */
export async function listProviderFolders(root: string): Promise<ProviderFolder[]> {
  const families = await foldersOf(root);
  const nested = await Promise.all(
    families.map(async (family) =>
      (await foldersOf(join(root, family))).map((version) => [family, version] as const),
    ),
  );
  const candidates = nested
    .flat()
    .map(([family, version]) => ({ name: `${family}-${version}`, folder: join(root, family, version) }));
  const present = await Promise.all(
    candidates.map(({ folder }) => isPlainFile(join(folder, 'provider.yaml'))),
  );
  return candidates.filter((_, at) => present[at]).sort((a, b) => a.name.localeCompare(b.name));
}

async function foldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
