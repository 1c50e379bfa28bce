import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readProviderFile } from '../provider/provider-file.ts';
import { readManifests } from './manifests.ts';
import type { Recipe } from './step.ts';

/**
 * Reads a version folder such as `cluster-provision/k8s/1.36`: its provider.yaml and, to find mistakes before minutes
 * of work, its manifests.
 * @throws GocliError BAD_FILE
 */
export async function readRecipe(path: string): Promise<Recipe> {
  const given = resolve(path);
  const folder = await realpath(given).catch(() => given);
  const provider = await readProviderFile(folder);
  const recipe: Recipe = { root: dirname(dirname(folder)), folder, provider };
  await readManifests(recipe);
  return recipe;
}
