import { rm } from 'node:fs/promises';
import { isCode } from '../errors/error.ts';
import type { Paths } from '../host/paths.ts';
import { listProviderFolders } from '../provider/folders.ts';
import type { Settings } from '../provider/settings.ts';
import { diskUse } from './disk-use.ts';
import { identifySteps, type StepIdentity } from './plan-steps.ts';
import { readRecipe } from './recipe.ts';
import { Store } from './result-store.ts';
import type { ProvisionStep, StepName } from './step.ts';

type Identities = ReadonlyMap<StepName, StepIdentity>;

/** Result of a step that a provider needs. */
export interface CachedStep {
  readonly step: StepName;
  readonly key: string;
  readonly folder: string;
  /** Bytes on disk. */
  readonly bytes: number;
  /** Whether another provider of the checkout needs it, too, or one that cannot be read may. */
  readonly shared: boolean;
}

/**
 * What the providers of a checkout are made from, by name; undefined for one that cannot be read.
 * @param root `cluster-provision`
 */
async function identifyProviders(
  root: string,
  steps: readonly ProvisionStep[],
  settings: Settings | undefined,
): Promise<Map<string, Identities | undefined>> {
  const found = new Map<string, Identities | undefined>();
  for (const { folder, name } of await listProviderFolders(root)) {
    try {
      found.set(name, await identifySteps(steps, await readRecipe(folder, settings)));
    } catch (error) {
      if (!isCode(error, 'BAD_FILE') && !isCode(error, 'FILE')) throw error;
      found.set(name, undefined);
    }
  }
  return found;
}

/**
 * Keys of the results that the providers of a checkout need, by step.
 * @returns undefined when that cannot be told, because one of them cannot be read
 */
export async function keysNeeded(
  root: string,
  steps: readonly ProvisionStep[],
  settings: Settings | undefined,
): Promise<Map<StepName, Set<string>> | undefined> {
  const needed = new Map<StepName, Set<string>>();
  for (const identities of (await identifyProviders(root, steps, settings)).values()) {
    if (identities === undefined) return undefined;
    for (const [name, { key }] of identities) needed.set(name, (needed.get(name) ?? new Set()).add(key));
  }
  return needed;
}

/** Results of steps that providers need, as far as they are there, by provider; undefined for one that cannot be read. */
export async function cachedSteps(
  root: string,
  steps: readonly ProvisionStep[],
  paths: Paths,
  settings: Settings | undefined,
): Promise<Map<string, readonly CachedStep[] | undefined>> {
  const store = new Store(paths);
  const all = await identifyProviders(root, steps, settings);
  const found = [...all].map(async ([name, identities]) => {
    const others = [...all].flatMap(([other, those]) => (other === name ? [] : [those]));
    return [name, identities && (await resultsOf(identities, others, store))] as const;
  });
  return new Map(await Promise.all(found));
}

async function resultsOf(
  identities: Identities,
  others: readonly (Identities | undefined)[],
  store: Store,
): Promise<CachedStep[]> {
  const results = [...identities].map(async ([step, { key }]): Promise<CachedStep[]> => {
    const result = await store.find(step, key);
    if (result === undefined) return [];
    const { folder } = result;
    // What cannot be told is kept.
    const shared = others.some((those) => those === undefined || those.get(step)?.key === key);
    return [{ step, key, folder, bytes: await diskUse(folder), shared }];
  });
  return (await Promise.all(results)).flat();
}

/** Removes results of steps; what a later provisioning needs of them is made again. */
export async function removeSteps(results: readonly CachedStep[]): Promise<void> {
  await Promise.all(results.map(({ folder }) => rm(folder, { recursive: true, force: true })));
}
