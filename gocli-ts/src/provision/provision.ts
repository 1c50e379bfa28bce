import { isCode, type GocliError } from '../errors/error.ts';
import { collectLater, throwAll } from '../errors/several.ts';
import { LABEL } from '../place/labels.ts';
import { stepHint, stepNames, withDependents, withNeeds } from './graph.ts';
import { type ForcedSteps, type PlannedStep, planSteps } from './plan-steps.ts';
import { resultsNeeded } from './provider-cache.ts';
import type { Settings } from '../provider/settings.ts';
import { readRecipe } from './recipe.ts';
import { type Engine, type FinishedStep, runSteps } from './run-steps.ts';
import { STEP_NAMES, type ProvisionDeps, type ProvisionStep, type Recipe, type StepName } from './step.ts';
import { checkProvisioning } from '../rig/start/daemon.ts';
import { imageOf } from './image/results.ts';
import { imageReference, latestReference } from './steps/commit.ts';
import { Store } from './result-store.ts';
import { estimatedSteps, writeTimings } from '../host/timings.ts';
import type { StepTiming } from '../events/events.ts';

export interface ProvisionRequest {
  /** A version folder, `cluster-provision/k8s/1.36`. */
  readonly folder: string;
  /** Every step there is; see steps.ts. */
  readonly steps: readonly ProvisionStep[];
  /** Only these steps and what they need. */
  readonly phases?: readonly string[] | undefined;
  /** Run these, and all that depends on them, though their results are there. */
  readonly force?: readonly string[] | undefined;
  /** What it is made with beside its folder; without them variables are what that says. */
  readonly settings?: Settings | undefined;
}

export interface ProvisionResult {
  readonly recipe: Recipe;
  /** Result of each step, by name. */
  readonly results: ReadonlyMap<StepName, FinishedStep>;
  readonly timings: readonly StepTiming[];
  /** False when every step was cached. */
  readonly changed: boolean;
}

/**
 * Makes a provider image from its folder, or as much of it as `phases` says. Results are cached by the hash of their
 * inputs; a failed or interrupted provisioning goes on where it ended.
 * @throws GocliError BAD_FILE, BAD_VALUE, DOCKER_UNSUPPORTED, and what the steps throw; the signal's reason
 */
export async function provision(request: ProvisionRequest, deps: ProvisionDeps): Promise<ProvisionResult> {
  const { recipe, store, chosen, forced } = await prepare(request, deps);
  const provider = recipe.provider.name;
  const steps = await estimatedSteps(deps, provider);
  const engine: Engine = { ...deps, recipe, store, steps, labels: labelsOf(recipe, deps) };
  const planned = await planSteps(chosen, forced, engine);
  // What a machine would be refused for is known now, and not after minutes.
  const missing = planned.filter(({ cached }) => cached === undefined);
  const starts = await Promise.all(missing.map(async ({ step }) => step.startsMachine?.(recipe)));
  if (starts.includes(true)) await checkProvisioning(deps.docker);
  try {
    const results = await runSteps(planned, forced, engine);
    await tagImage(results, recipe, deps);
    await tidy(request, recipe, results, store, deps);
    return {
      recipe,
      results,
      timings: steps.timings,
      changed: [...results.values()].some(({ cached }) => !cached),
    };
  } finally {
    await writeTimings(deps.paths, provider, steps.timings);
  }
}

/** What {@link provision} would do, step by step, without doing it. */
export async function planProvision(
  request: ProvisionRequest,
  deps: Pick<ProvisionDeps, 'docker' | 'paths'>,
): Promise<PlannedStep[]> {
  const { recipe, store, chosen, forced } = await prepare(request, deps);
  return planSteps(chosen, forced, { recipe, store, docker: deps.docker });
}

interface Prepared {
  readonly recipe: Recipe;
  readonly store: Store;
  readonly chosen: readonly ProvisionStep[];
  readonly forced: ForcedSteps;
}

async function prepare(
  request: ProvisionRequest,
  { paths }: Pick<ProvisionDeps, 'paths'>,
): Promise<Prepared> {
  const { steps, phases = STEP_NAMES, force = [] } = request;
  const errors: GocliError[] = [];
  const wanted =
    phases === STEP_NAMES ? steps.map(({ name }) => name) : stepNames('--phases', phases, steps, errors);
  const again = withDependents(steps, stepNames('--force', force, steps, errors));
  if (errors.length > 0) await collectLater(errors, readRecipe(request.folder, request.settings));
  throwAll(errors, stepHint(steps));
  const forced = new Map([...again].map((name) => [name, 'forced'] as const));
  return {
    recipe: await readRecipe(request.folder, request.settings),
    store: new Store(paths),
    chosen: withNeeds(steps, wanted),
    forced,
  };
}

function labelsOf(recipe: Recipe, { version, run }: ProvisionDeps): Record<string, string> {
  return {
    [LABEL.provider]: recipe.provider.name,
    [LABEL.role]: 'provision',
    [LABEL.version]: version,
    [LABEL.run]: run,
  };
}

/** Also for a cached image: going back to an older recipe makes the older image the latest one again. */
async function tagImage(
  results: ReadonlyMap<StepName, FinishedStep>,
  recipe: Recipe,
  { docker }: Pick<ProvisionDeps, 'docker'>,
): Promise<void> {
  const commit = results.get('commit');
  if (commit === undefined) return;
  const image = await imageOf({ results: { commit: commit.result.folder } }, 'commit');
  await docker.images.tag(image, imageReference(recipe, commit.key));
  await docker.images.tag(image, latestReference(recipe));
}

/** Removes what no provider of this checkout needs and is old; nothing while one of them is wrong. */
async function tidy(
  { steps, settings }: ProvisionRequest,
  { root }: Recipe,
  results: ReadonlyMap<StepName, FinishedStep>,
  store: Store,
  { docker }: Pick<ProvisionDeps, 'docker'>,
): Promise<void> {
  const isNeeded = await resultsNeeded(root, steps, settings);
  if (isNeeded === undefined) return;
  const images = await Promise.all(
    [...results].map(([name, { key }]) =>
      store.prune(name, (record) => record.hash === key || isNeeded(name, record)),
    ),
  );
  for (const image of images.flat()) {
    await docker.images.remove(image).catch((error: unknown) => {
      // A cluster runs from it, other images stand on it, or the user gave it a name: then it stays.
      if (!isCode(error, 'CONFLICT')) throw error;
    });
  }
}
