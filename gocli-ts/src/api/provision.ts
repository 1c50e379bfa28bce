import { resolve } from 'node:path';
import type { GocliError } from '../errors/error.ts';
import { collect, collectLater, Failures, throwAll } from '../errors/several.ts';
import type { StepTiming } from '../events/events.ts';
import { pathFrom } from '../host/paths.ts';
import { estimatedSteps, writeTimings } from '../host/timings.ts';
import type { BuiltImage } from '../provision/addon-images.ts';
import { madeFrom } from '../provision/children.ts';
import { planProvision, provision } from '../provision/provision.ts';
import { readRecipe } from '../provision/recipe.ts';
import { provisionSteps } from '../provision/steps.ts';
import { latestReference } from '../provision/steps/commit.ts';
import type { Context } from './context.ts';
import { readRunOptions } from './options.ts';
import { readSettings } from './settings.ts';

export interface ProvisionRequest {
  /** A version folder, `cluster-provision/k8s/1.36`. */
  readonly folder: string;
  /** Only these steps and what they need. */
  readonly phases?: readonly string[] | undefined;
  /** Run these, and all that depends on them, though their results are there. */
  readonly force?: readonly string[] | undefined;
  /** Whether a locked package that is gone is an error, instead of a reason to renew the lock. */
  readonly locked?: boolean | undefined;
  /** Whether all that is made from it, by `from`, is made anew, too. */
  readonly withChildren?: boolean | undefined;
}

interface PlannedAction {
  readonly step: string;
  readonly action: 'run' | 'cached';
  readonly why: string;
  /** Hash of all that decides the result of the step. */
  readonly key: string;
}

export interface PlannedProvision {
  readonly steps: readonly PlannedAction[];
  /** The same of what is made from it, parents first; empty when that is to stay as it is. */
  readonly children: readonly { readonly provider: string; readonly steps: readonly PlannedAction[] }[];
}

/** What was made of one provider. */
export interface Provisioned {
  readonly provider: string;
  /** Reference of the image; null when the steps asked for do not make one. */
  readonly image: string | null;
  /** False when every step was cached. */
  readonly changed: boolean;
  readonly seconds: number;
  readonly timings: readonly StepTiming[];
}

export interface ProvisionResult extends Provisioned {
  /** What was made of those that are made from it. */
  readonly children: readonly Provisioned[];
}

/** What {@link build} would do, step by step, without doing it. @throws GocliError BAD_FILE, BAD_VALUE */
export async function plan(request: ProvisionRequest, context: Context): Promise<PlannedProvision> {
  const planOf = async (work: Work): Promise<PlannedAction[]> =>
    (await planProvision(work, context)).map(({ step, key, cached, why }) => ({
      step: step.name,
      action: cached === undefined ? ('run' as const) : ('cached' as const),
      why,
      key,
    }));
  const work = await workOf(request, context);
  const steps = await planOf(work);
  const children = [];
  for (const { name, folder } of request.withChildren === true ? await madeFrom(work.folder) : [])
    children.push({ provider: name, steps: await planOf({ ...work, folder }) });
  return { steps, children };
}

/**
 * Makes a provider image from its folder. What failed or was interrupted goes on where it ended.
 * @throws GocliError BAD_FILE, BAD_VALUE, DOCKER_UNSUPPORTED, and what the steps throw; when some of the children could not be made, once all
 * others are: its `done` is the {@link ProvisionResult} of those
 */
export async function build(request: ProvisionRequest, context: Context): Promise<ProvisionResult> {
  const work = await workOf(request, context);
  const made = request.withChildren === true ? await madeFrom(work.folder) : [];
  if (made.length > 0) await requireReadable([work.folder, ...made.map(({ folder }) => folder)], work);
  const own = await buildOne(work, context);
  if (request.withChildren !== true) {
    // It is made, whatever is wrong with the folder of another one.
    const others = await madeFrom(work.folder).catch(() => []);
    const names = others.map(({ name }) => name).join(', ');
    const text = `Made from it, and not made anew: ${names} (--with-children)`;
    if (own.changed && others.length > 0) context.emit({ type: 'notice', level: 'info', text });
    return { ...own, children: [] };
  }
  const failures = new Failures();
  const children: Provisioned[] = [];
  for (const { folder } of made)
    await failures.part(async () => children.push(await buildOne({ ...work, folder }, context)));
  const result = { ...own, children };
  failures.throw(
    (count) => `${count.toFixed(0)} of ${made.length.toFixed(0)} children were not made`,
    result,
  );
  return result;
}

/** All that is wrong, with any of them, before the minutes that the first one takes. @throws GocliError BAD_FILE */
async function requireReadable(folders: readonly string[], { settings }: Work): Promise<void> {
  const errors: GocliError[] = [];
  for (const folder of folders) await collectLater(errors, readRecipe(folder, settings));
  throwAll(errors);
}

async function buildOne(work: Work, context: Context): Promise<Provisioned> {
  const start = context.clock.monotonic();
  const { recipe, timings, changed, results } = await provision(work, context);
  return {
    provider: recipe.provider.name,
    image: results.has('commit') ? latestReference(recipe) : null,
    changed,
    seconds: (context.clock.monotonic() - start) / 1000,
    timings,
  };
}

export interface BuildAddonsRequest {
  /** Their names, or `all`. */
  readonly addons: readonly string[];
}

export interface BuiltAddons {
  readonly images: readonly BuiltImage[];
  readonly seconds: number;
  readonly timings: readonly StepTiming[];
}

/**
 * Makes the images of addons, and of those that they need, in the local Docker.
 * @throws GocliError BAD_VALUE (no such addon), BAD_FILE, and what Go throws
 */
export async function addons(request: BuildAddonsRequest, context: Context): Promise<BuiltAddons> {
  const { addonNamed, readCatalog } = await import('../addons/catalog.ts');
  const { inOrder } = await import('../addons/plan.ts');
  const { buildAddonImages } = await import('../provision/addon-images.ts');
  const catalog = await readCatalog(context.checkout);
  const errors: GocliError[] = [];
  const named = request.addons.includes('all') ? [...catalog.keys()] : request.addons;
  const asked = named.flatMap(
    (name) => collect(errors, () => addonNamed(name, catalog, context.naming.of('addons'))) ?? [],
  );
  throwAll(errors, 'All addons: gocli addon ls');
  const steps = await estimatedSteps(context, ADDONS);
  const images: BuiltImage[] = [];
  for (const addon of inOrder(asked, catalog))
    images.push(...(await buildAddonImages(addon, steps, context)));
  await writeTimings(context.paths, ADDONS, steps.timings);
  return { images, seconds: steps.elapsed(), timings: steps.timings };
}

/** What the times of these steps are kept under; no provider is called so. */
const ADDONS = 'addons';

type Work = Awaited<ReturnType<typeof workOf>>;

async function workOf({ folder, phases, force, locked = false }: ProvisionRequest, context: Context) {
  const { cwd, env } = context;
  const { templateBudget } = readRunOptions({}, env, false);
  return {
    folder: resolve(pathFrom(cwd, folder)),
    steps: provisionSteps(locked, templateBudget),
    phases,
    force,
    settings: await readSettings(context),
  };
}
