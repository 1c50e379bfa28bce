import { type Addon, addonNamed, type Catalog, readCatalog } from '../addons/catalog.ts';
import { type OptionValues, readWishes } from '../addons/options.ts';
import { inOrder, planAddons, type PlannedAddon } from '../addons/plan.ts';
import { renderAddon } from '../addons/render.ts';
import type { AddonConfig } from '../addons/schema.ts';
import { GocliError } from '../errors/error.ts';
import { collect, throwAll } from '../errors/several.ts';
import type { StepTiming } from '../events/events.ts';
import { estimatedSteps } from '../host/timings.ts';
import type { AddonChange, AddonStatus, AddonTarget } from '../kubernetes/addons/look.ts';
import type { AddonCluster } from '../kubernetes/addons/addon-cluster.ts';
import type { ApiClient } from '../kubernetes/api.ts';
import { machinesIn } from '../rig/parts.ts';
import { nodeSubnet } from '../rig/plan.ts';
import type { RigState } from '../rig/state.ts';
import { gocliCommand } from '../shared/command.ts';
import { inTime } from '../waiting/in-time.ts';
import { chooseCluster, type RigChoice } from './choose.ts';
import type { Context, NoRequest } from './context.ts';
import { changingRig } from './operation.ts';
import { WAIT_MS } from './wait.ts';

/** Milliseconds for looks at all that addons have: a thousand objects, one after the other, at a busy guest. */
const LOOK_MS = 120_000;

/** Addons as they are asked for: `kwok`, or with options `kwok,nodes=20`. */
export interface AddonsRequest extends RigChoice {
  readonly addons: readonly string[];
}

export interface AddonShowRequest {
  readonly addon: string;
}

/** An image of an addon, and how much of the local Docker's disk it takes; null when that does not have it. */
export interface AddonImage {
  readonly name: string;
  readonly bytes: number | null;
}

export interface ListedAddon {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly builtIn: boolean;
  readonly images: readonly AddonImage[];
}

export interface ShownAddon extends ListedAddon {
  readonly needs: readonly string[];
  readonly options: AddonConfig['options'];
  /** What it makes of the defaults: `Deployment kube-system/kwok-controller`. */
  readonly objects: readonly string[];
}

export interface AddonWorkResult {
  readonly cluster: string;
  readonly addons: readonly string[];
  readonly seconds: number;
  readonly timings: readonly StepTiming[];
}

export interface AddonDiffResult {
  readonly cluster: string;
  readonly addons: readonly {
    readonly name: string;
    readonly options: OptionValues;
    readonly changes: readonly AddonChange[];
  }[];
}

export interface AddonStatusResult {
  readonly cluster: string;
  readonly addons: readonly AddonStatus[];
}

/** The addons that this gocli has. @throws GocliError BAD_FILE, DOCKER_UNREACHABLE */
export async function ls(
  _request: NoRequest,
  context: Context,
): Promise<{ readonly addons: readonly ListedAddon[] }> {
  const catalog = await readCatalog(context.checkout);
  return { addons: await Promise.all([...catalog.values()].map((addon) => listed(addon, context))) };
}

/** One of them. @throws GocliError BAD_VALUE (no such addon), BAD_FILE */
export async function show({ addon: name }: AddonShowRequest, context: Context): Promise<ShownAddon> {
  const addon = addonNamed(name, await readCatalog(context.checkout), 'addon');
  const { needs, options } = addon;
  const defaults = Object.fromEntries(Object.entries(options).map(([key, one]) => [key, one.default]));
  const { nameOf } = await import('../kubernetes/addons/objects.ts');
  const objects = renderAddon(addon, defaults, nodeSubnet({})).flat().map(nameOf);
  return { ...(await listed(addon, context)), needs, options, objects };
}

async function listed(
  { name, version, summary, builtIn, images }: Addon,
  { docker }: Pick<Context, 'docker'>,
): Promise<ListedAddon> {
  const found = await Promise.all(images.map((image) => docker.images.inspect(image.name)));
  return {
    name,
    version,
    summary,
    builtIn,
    images: images.map((image, at) => ({ name: image.name, bytes: found[at]?.size ?? null })),
  };
}

/**
 * Enables addons and all that they need in a cluster that runs, and waits until they work. What was interrupted goes on
 * where the same is asked for again; what is enabled already gets the options of now.
 * @throws GocliError BAD_VALUE, BAD_FILE, NOT_FOUND, NOT_READY, IMAGE_MISSING, KUBERNETES, TIMEOUT
 */
export async function enable(request: AddonsRequest, context: Context): Promise<AddonWorkResult> {
  const catalog = await readCatalog(context.checkout);
  const planned = plannedBy(request.addons, catalog);
  const { enableAddons } = await import('../kubernetes/addons/enable.ts');
  return changing(request, catalog, context, async (work) => {
    await enableAddons(planned, work);
    return planned.map(({ name }) => name);
  });
}

/**
 * Takes addons out of a cluster with all that they brought.
 * @throws GocliError BAD_VALUE, NOT_FOUND (no such cluster, or it does not have the addon), NOT_READY, CONFLICT (another
 * addon needs it), KUBERNETES, TIMEOUT
 */
export async function disable(request: AddonsRequest, context: Context): Promise<AddonWorkResult> {
  const catalog = await readCatalog(context.checkout);
  const names = readWishes(requireNamed(request.addons), 'addon').map(({ name }) => name);
  const { disableAddons } = await import('../kubernetes/addons/remove.ts');
  const { knownRecords } = await import('../kubernetes/addons/addon-cluster.ts');
  return changing(request, catalog, context, async (work) => {
    const records = await knownRecords(work);
    requireEnabled(names, [...records.keys()], catalog, work.state.name);
    const known = inOrder([...catalog.values()], catalog).map(({ name }) => name);
    // One that this gocli does not have needs nothing that it knows of.
    const ordered = names.toSorted((a, b) => known.indexOf(b) - known.indexOf(a));
    await disableAddons(ordered, work);
    return ordered;
  });
}

/** @throws GocliError of everything that is in the way */
function requireEnabled(
  names: readonly string[],
  enabled: readonly string[],
  catalog: Catalog,
  rig: string,
): void {
  const errors: GocliError[] = [];
  for (const name of names) {
    if (enabled.includes(name)) continue;
    collect(errors, () => {
      const builtIn = addonNamed(name, catalog, 'addon').builtIn;
      const why = builtIn ? 'comes with its provider and stays' : 'is not enabled';
      throw new GocliError('NOT_FOUND', `addon ${name} ${why} in cluster "${rig}"`);
    });
  }
  for (const other of enabled) {
    if (names.includes(other)) continue;
    for (const need of catalog.get(other)?.needs.filter((one) => names.includes(one)) ?? [])
      errors.push(
        new GocliError('BAD_VALUE', `addon ${other} needs ${need}`, {
          hint: `Disable both: ${gocliCommand('addon disable', rig, need, other)}`,
        }),
      );
  }
  throwAll(errors, `What it has: ${gocliCommand('addon status', rig)}`);
}

/** What enabling addons would change; nothing is done. @throws GocliError as {@link enable} */
export async function diff(request: AddonsRequest, context: Context): Promise<AddonDiffResult> {
  const catalog = await readCatalog(context.checkout);
  const planned = plannedBy(request.addons, catalog);
  return reading(request, context, async (target) => {
    const { diffAddon } = await import('../kubernetes/addons/look.ts');
    const addons: AddonDiffResult['addons'][number][] = [];
    for (const one of planned)
      addons.push({ name: one.name, options: one.options, changes: await diffAddon(one, catalog, target) });
    return { cluster: target.rig, addons };
  });
}

/** Looks once at all addons of a cluster. @throws GocliError NOT_FOUND, NOT_READY, KUBERNETES */
export async function status(request: RigChoice, context: Context): Promise<AddonStatusResult> {
  const catalog = await readCatalog(context.checkout);
  return reading(request, context, async (target) => {
    const { lookAtAddons } = await import('../kubernetes/addons/look.ts');
    return { cluster: target.rig, addons: await lookAtAddons(catalog, target) };
  });
}

/** @throws GocliError BAD_VALUE of all that is wrong */
function plannedBy(addons: readonly string[], catalog: Catalog): PlannedAddon[] {
  const errors: GocliError[] = [];
  const wishes = collect(errors, () => readWishes(requireNamed(addons), 'addon')) ?? [];
  const planned = planAddons(wishes, catalog, 'addon', errors);
  for (const { name } of wishes)
    if (catalog.get(name)?.builtIn === true)
      errors.push(new GocliError('BAD_VALUE', `addon ${name} comes with its provider: every cluster has it`));
  throwAll(errors, 'All addons: gocli addon ls');
  return planned;
}

function requireNamed(addons: readonly string[]): readonly string[] {
  if (addons.length > 0) return addons;
  throw new GocliError('BAD_VALUE', 'no addon is named', { hint: 'All addons: gocli addon ls' });
}

/** Work on the addons of a cluster that nobody else changes meanwhile. */
async function changing(
  request: RigChoice,
  catalog: Catalog,
  context: Context,
  act: (work: AddonCluster) => Promise<readonly string[]>,
): Promise<AddonWorkResult> {
  const { found } = await chooseCluster({ name: request.name }, context);
  const { addonCluster } = await import('../kubernetes/addons/addon-cluster.ts');
  return changingRig(context, found.name, async (own) => {
    const { found: now, state } = await chooseCluster({ name: found.name }, own);
    using api = await clientOf(state, own);
    const steps = await estimatedSteps(own, state.plan.guest.provider);
    const nodes = machinesIn(now);
    const addons = await act(
      addonCluster({ catalog, state, nodes, api, steps, deps: own, timeoutMs: WAIT_MS }),
    );
    return { cluster: now.name, addons, seconds: steps.elapsed(), timings: steps.timings };
  });
}

async function reading<T>(
  request: RigChoice,
  context: Context,
  look: (target: AddonTarget) => Promise<T>,
): Promise<T> {
  const { found, state } = await chooseCluster({ name: request.name }, context);
  using api = await clientOf(state, context);
  const bounds = { signal: context.signal, timeoutMs: LOOK_MS };
  try {
    return await inTime('the API tells of addons', bounds, (signal) =>
      look({ api, rig: found.name, subnet: nodeSubnet(state.plan.guest), signal }),
    );
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || error instanceof GocliError) throw error;
    throw new GocliError('NOT_READY', `the API of cluster "${found.name}" does not answer`, {
      observed: error.message,
      hint: `Type: ${gocliCommand('status', found.name)}`,
    });
  }
}

async function clientOf(state: RigState, { paths }: Pick<Context, 'paths'>): Promise<ApiClient> {
  const { readAccess } = await import('../kubernetes/access.ts');
  const { ApiClient: Client } = await import('../kubernetes/api.ts');
  return new Client(await readAccess(state, paths));
}
