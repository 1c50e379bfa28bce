import { rm } from 'node:fs/promises';
import type { Paths } from '../host/paths.ts';
import { diskUse } from './disk-use.ts';
import { keysNeeded } from './needed-keys.ts';
import { identifySteps } from './plan-steps.ts';
import { readRecipe } from './recipe.ts';
import { readImage, Store } from './result-store.ts';
import type { ProvisionStep, StepName } from './step.ts';

/** Result of a step that a provider needs. */
export interface CachedStep {
  readonly step: StepName;
  readonly key: string;
  readonly folder: string;
  /** Bytes on disk. */
  readonly bytes: number;
  /** Docker image that it is, unless it is files. */
  readonly image?: string;
  /** Whether another provider of the checkout needs it, too. */
  readonly shared: boolean;
}

/**
 * Results of steps that a provider needs, as far as they are there.
 * @param root `cluster-provision`
 * @throws GocliError BAD_FILE when the provider cannot be read
 */
export async function cachedSteps(
  root: string,
  { folder, name }: { readonly folder: string; readonly name: string },
  steps: readonly ProvisionStep[],
  paths: Paths,
): Promise<CachedStep[]> {
  const store = new Store(paths);
  const others = await keysNeeded(root, steps, name);
  const identities = await identifySteps(steps, await readRecipe(folder));
  const found = [...identities].map(async ([step, { key }]): Promise<CachedStep[]> => {
    const result = await store.find(step, key);
    if (result === undefined) return [];
    const image = await readImage(result);
    return [
      {
        step,
        key,
        folder: result.folder,
        bytes: await diskUse(result.folder),
        ...(image === undefined ? {} : { image }),
        // What cannot be told is kept.
        shared: others === undefined || (others.get(step)?.has(key) ?? false),
      },
    ];
  });
  return (await Promise.all(found)).flat();
}

/** Removes results of steps; what a later provisioning needs of them is made again. */
export async function removeSteps(results: readonly CachedStep[]): Promise<void> {
  await Promise.all(results.map(({ folder }) => rm(folder, { recursive: true, force: true })));
}
