import type { Docker } from '../place/interface.ts';
import { changedInputs, digestInputs, type InputDigests, stepKey } from './hash.ts';
import { inOrder } from './graph.ts';
import { readImage, type Store, type StoredResult } from './result-store.ts';
import type { ProvisionStep, Recipe, StepName } from './step.ts';

/** What is going to happen with one step, and why. */
export interface PlannedStep {
  readonly step: ProvisionStep;
  readonly key: string;
  readonly digests: InputDigests;
  /** The result that is there already, when the step need not run. */
  readonly cached?: StoredResult;
  /** A few words for people. */
  readonly why: string;
}

/** Steps that run whatever the cache holds, with the reason. */
export type ForcedSteps = ReadonlyMap<StepName, string>;

export interface PlanContext {
  readonly recipe: Recipe;
  readonly store: Store;
  readonly docker: Docker;
}

/**
 * Decides about every step without running any.
 * @param steps closed under `needs`
 */
export async function planSteps(
  steps: readonly ProvisionStep[],
  forced: ForcedSteps,
  context: PlanContext,
): Promise<PlannedStep[]> {
  const planned: PlannedStep[] = [];
  for (const step of inOrder(steps)) {
    const keys = new Map(planned.map((item) => [item.step.name, item.key]));
    planned.push(await planStep(step, keys, forced, context));
  }
  return planned.map((item) => recheck(item, planned));
}

/** @param keys of the steps that this one needs */
export async function planStep(
  step: ProvisionStep,
  keys: ReadonlyMap<StepName, string>,
  forced: ForcedSteps,
  context: PlanContext,
): Promise<PlannedStep> {
  const digests = await digestStep(step, keys, context.recipe);
  const key = stepKey(step.name, digests);
  const reason = forced.get(step.name);
  if (reason !== undefined) return { step, key, digests, why: reason };
  const found = await context.store.find(step.name, key);
  if (found === undefined)
    return { step, key, digests, why: await whyChanged(step.name, digests, context.store) };
  if (!(await imageIsThere(found, context.docker)))
    return { step, key, digests, why: 'its image is gone from Docker' };
  return { step, key, digests, cached: found, why: 'nothing changed' };
}

export async function digestStep(
  step: ProvisionStep,
  keys: ReadonlyMap<StepName, string>,
  recipe: Recipe,
): Promise<InputDigests> {
  const own = await digestInputs(await step.inputs(recipe), recipe.root);
  const needs = step.needs.map((need) => [`need:${need}`, keys.get(need) ?? ''] as const);
  return { ...own, ...Object.fromEntries(needs) };
}

/** What a step is known by. */
export interface StepIdentity {
  readonly key: string;
  readonly digests: InputDigests;
}

/** Key and inputs of every step of a recipe, whether there are results or not. @throws GocliError BAD_FILE */
export async function identifySteps(
  steps: readonly ProvisionStep[],
  recipe: Recipe,
): Promise<Map<StepName, StepIdentity>> {
  const found = new Map<StepName, StepIdentity>();
  for (const step of inOrder(steps)) {
    const keys = new Map([...found].map(([name, { key }]) => [name, key]));
    const digests = await digestStep(step, keys, recipe);
    found.set(step.name, { key: stepKey(step.name, digests), digests });
  }
  return found;
}

async function whyChanged(name: StepName, digests: InputDigests, store: Store): Promise<string> {
  const [newest] = await store.all(name);
  if (newest === undefined) return 'no result yet';
  const changed = changedInputs(newest.record.inputs, digests);
  const shown = changed.slice(0, 4).join(', ');
  return `changed: ${shown}${changed.length > 4 ? ` and ${changed.length - 4} more` : ''}`;
}

async function imageIsThere(result: StoredResult, docker: Docker): Promise<boolean> {
  const reference = await readImage(result);
  return reference === undefined || (await docker.images.inspect(reference)) !== undefined;
}

/** A cached volatile step runs after all when a step that needs it directly runs. */
function recheck(item: PlannedStep, planned: readonly PlannedStep[]): PlannedStep {
  const users = planned.filter(
    ({ step, cached }) => cached === undefined && step.needs.includes(item.step.name),
  );
  if (item.step.volatile !== true || item.cached === undefined || users.length === 0) return item;
  const { step, key, digests } = item;
  return { step, key, digests, why: `checked again for ${users.map((user) => user.step.name).join(', ')}` };
}
