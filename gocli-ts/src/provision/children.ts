import { dirname } from 'node:path';
import { listProviderFolders, type ProviderFolder } from '../provider/folders.ts';
import { inspectProvider } from '../provider/provider-file.ts';

/**
 * Providers that are made from one, by `from` and over any number of others; each after those that it is made from. One
 * that cannot be read is as far as it says.
 * @param folder absolute
 */
export async function madeFrom(folder: string): Promise<ProviderFolder[]> {
  const all = await listProviderFolders(dirname(dirname(folder)));
  const found = await Promise.all(
    all.map(async (one) => ({ one, parents: (await inspectProvider(one.folder)).parents ?? [] })),
  );
  return found
    .filter(({ parents }) => parents.some((parent) => parent.folder === folder))
    .sort((a, b) => a.parents.length - b.parents.length)
    .map(({ one }) => one);
}
