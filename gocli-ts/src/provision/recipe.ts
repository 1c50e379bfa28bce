import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { GocliError } from '../errors/error.ts';
import { inFileOrder, throwFindings } from '../provider/finding.ts';
import { inspectRecipe } from './lint/inspect-recipe.ts';
import type { Settings } from '../provider/settings.ts';
import type { Recipe } from './step.ts';

/**
 * Reads a version folder such as `cluster-provision/k8s/1.36`, and finds all of its mistakes before minutes of work.
 * @param settings what it is to be made with; variables that are missing are among the mistakes then
 * @throws GocliError BAD_FILE with each of them at its line
 */
export async function readRecipe(path: string, settings?: Settings): Promise<Recipe> {
  const given = resolve(path);
  const folder = await realpath(given).catch(() => given);
  const { recipe, findings } = await inspectRecipe(folder, settings);
  throwFindings(inFileOrder(findings));
  if (recipe !== undefined) return recipe;
  throw new GocliError('INTERNAL', `${folder} was refused without a reason`);
}
