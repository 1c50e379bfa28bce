import { join } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import { readIfThere } from '../../host/atomic-files.ts';
import { parsePackageList } from '../debian/package-lock.ts';
import { guestPart } from '../guest-folder.ts';
import type { Recipe } from '../step.ts';
import type { PackageSet } from './build.ts';

/**
 * Packages of every guest of its folder with those that the provider names, which are resolved together.
 * @param lock name of the lock file in the provider's own folder
 * @throws GocliError BAD_FILE
 */
export async function withOwnPackages(recipe: Recipe, lock: string): Promise<PackageSet> {
  const file = guestPart(recipe, 'packages');
  const text = await readIfThere(file);
  if (text === undefined) throw new GocliError('BAD_FILE', `${file} is missing`);
  const list = parsePackageList(text, file);
  const names = [...new Set([...list, ...recipe.provider.packages])].sort();
  return { name: 'guest', names, lock: join(recipe.folder, lock) };
}
