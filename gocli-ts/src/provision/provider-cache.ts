import { rm } from 'node:fs/promises';
import { isCode } from '../errors/error.ts';
import type { Paths } from '../host/paths.ts';
import { listProviderFolders } from '../provider/folders.ts';
import type { Settings } from '../provider/settings.ts';
import { diskUse } from './disk-use.ts';
import { identifySteps, type StepIdentity } from './plan-steps.ts';
import { readAsFar } from './recipe.ts';
import { type ResultRecord, Store } from './result-store.ts';
import type { ProvisionStep, StepName } from './step.ts';

/** What a provider is made from. */
interface Identified {
  readonly steps: ReadonlyMap<StepName, StepIdentity>;
  /** False when variables are missing: nobody knows the keys of the steps that have to do with those. */
  readonly isWhole: boolean;
}

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
): Promise<Map<string, Identified | undefined>> {
  const found = new Map<string, Identified | undefined>();
  for (const { folder, name } of await listProviderFolders(root)) {
    try {
      const { recipe, unset } = await readAsFar(folder, settings);
      const identities =
        recipe === undefined ? new Map<StepName, StepIdentity>() : await identifySteps(steps, recipe);
      found.set(name, { steps: identities, isWhole: unset.length === 0 });
    } catch (error) {
      if (!isCode(error, 'BAD_FILE') && !isCode(error, 'FILE')) throw error;
      found.set(name, undefined);
    }
  }
  return found;
}

/**
 * Whether providers of a checkout need a result. All stay that were made for one whose variables are missing now, and those of
 * which nobody knows what for as long as there is such a one.
 * @returns undefined when that cannot be told, because one of them cannot be read
 */
export async function resultsNeeded(
  root: string,
  steps: readonly ProvisionStep[],
  settings: Settings | undefined,
): Promise<((step: StepName, record: ResultRecord) => boolean) | undefined> {
  const keys = new Set<string>();
  const partly = new Set<string>();
  for (const [name, identified] of await identifyProviders(root, steps, settings)) {
    if (identified === undefined) return undefined;
    if (!identified.isWhole) partly.add(name);
    for (const [step, { key }] of identified.steps) keys.add(`${step} ${key}`);
  }
  return (step, { hash, provider }) =>
    keys.has(`${step} ${hash}`) || (provider === undefined ? partly.size > 0 : partly.has(provider));
}

/** Results of steps that providers need, as far as they are there, by provider; undefined for one that cannot be read, or not whole. */
export async function cachedSteps(
  root: string,
  steps: readonly ProvisionStep[],
  paths: Paths,
  settings: Settings | undefined,
): Promise<Map<string, readonly CachedStep[] | undefined>> {
  const store = new Store(paths);
  const all = await identifyProviders(root, steps, settings);
  const found = [...all].map(async ([name, own]) => {
    const others = new Map([...all].filter(([other]) => other !== name));
    return [name, own?.isWhole === true ? await resultsOf(own, others, store) : undefined] as const;
  });
  return new Map(await Promise.all(found));
}

async function resultsOf(
  { steps }: Identified,
  others: ReadonlyMap<string, Identified | undefined>,
  store: Store,
): Promise<CachedStep[]> {
  const results = [...steps].map(async ([step, { key }]): Promise<CachedStep[]> => {
    const result = await store.find(step, key);
    if (result === undefined) return [];
    const { folder, record } = result;
    // What cannot be told is kept.
    const shared = [...others].some(
      ([name, other]) =>
        other === undefined ||
        other.steps.get(step)?.key === key ||
        (!other.isWhole && [undefined, name].includes(record.provider)),
    );
    return [{ step, key, folder, bytes: await diskUse(folder), shared }];
  });
  return (await Promise.all(results)).flat();
}

/** Removes results of steps; what a later provisioning needs of them is made again. */
export async function removeSteps(results: readonly CachedStep[]): Promise<void> {
  await Promise.all(results.map(({ folder }) => rm(folder, { recursive: true, force: true })));
}
