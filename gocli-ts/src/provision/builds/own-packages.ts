import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePackageList } from '../debian/package-lock.ts';
import { guestFolder, guestPart } from '../guest-folder.ts';
import type { Recipe } from '../step.ts';
import type { PackageSet } from './build.ts';

/**
 * Packages of every guest of its folder with those that the provider names, which are resolved together.
 * @param lock name of the lock file in the provider's own folder
 */
export async function withOwnPackages(recipe: Recipe, lock: string): Promise<PackageSet> {
  const list = parsePackageList(await readFile(guestPart(recipe, 'packages'), 'utf8'), guestFolder(recipe));
  const names = [...new Set([...list, ...recipe.provider.packages])].sort();
  return { name: 'guest', names, lock: join(recipe.folder, lock) };
}
