import { isCode } from '../errors/error.ts';
import { listProviderFolders } from '../provider/folders.ts';
import { identifySteps } from './plan-steps.ts';
import { readRecipe } from './recipe.ts';
import type { ProvisionStep, StepName } from './step.ts';

/**
 * Keys of the results that the providers of a checkout need, by step.
 * @param root `cluster-provision`
 * @param except name of a provider that does not count
 * @returns undefined when that cannot be told, because one of them cannot be read
 */
export async function keysNeeded(
  root: string,
  steps: readonly ProvisionStep[],
  except?: string,
): Promise<Map<StepName, Set<string>> | undefined> {
  const needed = new Map<StepName, Set<string>>();
  try {
    for (const { folder, name: provider } of await listProviderFolders(root)) {
      if (provider === except) continue;
      const identities = await identifySteps(steps, await readRecipe(folder));
      for (const [name, { key }] of identities) needed.set(name, (needed.get(name) ?? new Set()).add(key));
    }
    return needed;
  } catch (error) {
    if (isCode(error, 'BAD_FILE') || isCode(error, 'FILE')) return undefined;
    throw error;
  }
}
