import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isThere } from '../host/atomic-files.ts';
import type { Layer } from '../provider/provider-file.ts';
import type { Recipe } from './step.ts';

/** Where the files of a provider are: its own folder before that of the one which it extends. */
type Folders = Pick<Recipe, 'folder' | 'base'>;

function foldersOf({ folder, base }: Folders): readonly string[] {
  return base === undefined ? [folder] : [folder, base];
}

/** What a provider is made of, one on top of the other: those that it is made from, and itself. */
export function layersOf({
  folder,
  base,
  parents = [],
}: Pick<Recipe, 'folder' | 'base' | 'parents'>): Layer[] {
  return [...parents, { folder, base }];
}

/** Paths of a file that each of them may have, the oldest first. */
export async function layeredFiles(
  folders: Pick<Recipe, 'folder' | 'base' | 'parents'>,
  name: string,
): Promise<string[]> {
  const found = await Promise.all(layersOf(folders).map((layer) => providerFile(layer, name)));
  return found.filter((path) => path !== undefined);
}

/** Path of one of the provider's files; undefined when neither folder has it. */
export async function providerFile(folders: Folders, name: string): Promise<string | undefined> {
  for (const folder of foldersOf(folders)) {
    const path = join(folder, name);
    if (await isThere(path)) return path;
  }
  return undefined;
}

/** A file of the provider that may be written anew: the one that is there, or else one of its own. */
export async function writableFile(folders: Folders, name: string): Promise<string> {
  return (await providerFile(folders, name)) ?? join(folders.folder, name);
}

/** Paths of the files in one of its folders, by name; a file of its own takes the place of the other's. */
export async function providerFolder(folders: Folders, name: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const folder of [...foldersOf(folders)].reverse()) {
    const path = join(folder, name);
    for (const entry of await readdir(path).catch(() => [])) found.set(entry, join(path, entry));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The folders of a provider and those that it is made from, in their order, as an input of steps: which files there are
 * says nothing of that. Nothing for one that is made from none.
 */
export function descentOf(recipe: Pick<Recipe, 'root' | 'folder' | 'base' | 'parents'>): {
  readonly layers?: string;
} {
  if ((recipe.parents ?? []).length === 0) return {};
  return {
    layers: layersOf(recipe)
      .map(({ folder }) => relative(recipe.root, folder))
      .join(' '),
  };
}
