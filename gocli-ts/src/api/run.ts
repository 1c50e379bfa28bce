import { GocliError, isCode } from '../errors/error.ts';
import { collect, collectLater } from '../errors/several.ts';
import { writeTimings } from '../host/timings.ts';
import { onRig } from '../rig/deps.ts';
import { planRig, refuseForeign } from '../rig/make-plan.ts';
import { throwValues } from '../rig/options/read-options.ts';
import type { RigPlan } from '../rig/plan.ts';
import { requireImage } from '../rig/snapshot/restorable.ts';
import { requireSnapshot } from '../rig/snapshot/require.ts';
import type { Snapshot } from '../rig/snapshot/list.ts';
import { allOf } from '../shared/all.ts';
import { up, type UpRequest, type UpResult } from '../rig/up.ts';
import { withAddons } from './addon-plans.ts';
import type { Context } from './context.ts';
import { changingRig } from './operation.ts';
import { reapBeside } from './reap.ts';
import { refillPools } from './refill.ts';
import {
  idleWithSnapshot,
  lacksGround,
  locationOf,
  tryRunOptions,
  type RunInputs,
  type RunValues,
  type TriedOptions,
} from './options.ts';
import { localImage, obtainImage, type FindImage, type FoundImage } from './provider-image.ts';
import { checkUserData, readUserData, withUserData } from './user-data.ts';
import { WAIT_MS } from './wait.ts';
import { aroundNow } from './settings.ts';

/** What to start: a provider or a snapshot, and options; what is left out is the provider's default. */
export interface RunRequest extends RunInputs {
  /** `k8s-1.36`. It may be left out with `snapshot`. */
  readonly provider?: string | undefined;
  /** Whether kubevirtci's variables count where the request says nothing. */
  readonly kubevirtci?: boolean | undefined;
}

export type RunResult = UpResult;

/**
 * Starts a rig and waits until it is Ready; one that runs with the same plan is left as it is.
 * @param faults what is wrong with whatever the request was read from: told together with what is wrong with it
 * @throws GocliError USAGE, BAD_VALUE, PROVIDER_UNKNOWN, IMAGE_MISSING, DOWNLOAD, CONFLICT (it runs with another plan),
 * NOT_READY (it is broken), TIMEOUT, GUEST_DIED and whatever else the start meets; the signal's reason
 */
export async function run(
  request: RunRequest,
  context: Context,
  faults: readonly GocliError[] = [],
): Promise<RunResult> {
  // Only once nothing is refused: a slip of the hand is to remove nothing.
  const find: FindImage = async (location, own) =>
    (await allOf([obtainImage(location, own), reapBeside(context)]))[0];
  const prepared = await prepare(request, faults, find, context);
  if (prepared.snapshot !== undefined) await reapBeside(context);
  const result = await changingRig(context, prepared.values.name, async (own) =>
    withUserData(await up(prepared, own), prepared, own),
  );
  if (result.started) {
    await writeTimings(context.paths, result.state.plan.guest.provider, result.timings);
  }
  const { pool, poolUse = 'on' } = prepared.values;
  if (pool !== false && poolUse === 'on') await refillPools(context);
  return result;
}

/**
 * What {@link run} would start, without touching or fetching anything.
 * @throws GocliError like run, before it starts anything; IMAGE_MISSING also when run would fetch or build the image
 */
export async function plan(
  request: RunRequest,
  context: Context,
  faults: readonly GocliError[] = [],
): Promise<RigPlan> {
  const prepared = await prepare(request, faults, localImage, context);
  return planRig(prepared, context.kinds);
}

/**
 * Whatever can be refused without work is refused before an image is fetched or built, and all of it at once: what
 * cannot be read, and what the plan is refused for if the image is there.
 */
async function prepare(
  request: RunRequest,
  faults: readonly GocliError[],
  find: FindImage,
  context: Context,
): Promise<UpRequest> {
  const read = await readRequest(request, faults, context);
  const { provider, name, snapshot, values, naming } = read;
  const own = name === '' ? context : onRig(context, name);
  tellPassedOver(read, own);
  requireWords(request, read);
  refuseIdle(request, read);
  const around = await collectLater(read.errors, aroundNow(context));
  await refuseTogether(read, context);
  const image =
    snapshot === undefined
      ? await find(
          {
            ...locationOf(provider ?? name, values),
            provision: values.provision ?? true,
            network: values.network,
          },
          own,
        )
      : await imageOfSnapshot(snapshot, context);
  await checkUserData(values.userData, image.image, context, naming);
  return { ...image, values: { ...values, name }, naming, snapshot, ...around, ...startOf(values) };
}

/** A request with all that it names, as far as that can be read; what cannot is among its errors. */
async function readRequest(
  { provider: asked, kubevirtci = false, ...inputs }: RunRequest,
  faults: readonly GocliError[],
  context: Context,
): Promise<ReadRequest> {
  const tried = tryRunOptions(inputs, context.env, kubevirtci, context.naming);
  const { errors, naming } = tried;
  errors.unshift(...faults);
  const withContent = await withAddons(tried.values, errors, context, naming);
  const values = await readUserData(withContent, errors, context, naming);
  const snapshot =
    values.snapshot === undefined
      ? undefined
      : await collectLater(errors, requireSnapshot(context.docker, values.snapshot));
  const provider = asked ?? snapshot?.record.state.plan.guest.provider;
  return { ...tried, values, snapshot, provider, name: values.name ?? provider ?? '' };
}

function tellPassedOver({ passedOver }: TriedOptions, { emit }: Context): void {
  for (const variable of passedOver) {
    const text = `${variable} is passed over: image and machines of a snapshot are what they were`;
    emit({ type: 'notice', level: 'warning', text });
  }
}

/** Adds an error for what is not said without which nothing can be started. */
function requireWords({ name, snapshot }: RunRequest, { provider, errors, naming }: ReadRequest): void {
  if (snapshot !== undefined && name === undefined) {
    const hint = 'For example: gocli run --snapshot clean --name other';
    errors.push(
      new GocliError('USAGE', `${naming.of('snapshot')} needs a name for the new cluster`, { hint }),
    );
  }
  if (snapshot === undefined && provider === undefined) {
    const hint = 'For example: gocli run k8s-1.36 (all: gocli provider ls)';
    errors.push(new GocliError('USAGE', 'a provider is missing', { hint }));
  }
}

/** Adds an error for what is said and cannot act, which must not be passed over in silence. */
function refuseIdle(request: RunRequest, { snapshot, provider, errors, naming }: ReadRequest): void {
  if (request.snapshot === undefined) return;
  const ofSnapshot = snapshot?.record.state.plan.guest.provider ?? provider;
  const idle = [
    ...(provider === ofSnapshot ? [] : [`provider ${provider ?? ''}`]),
    ...idleWithSnapshot(request, naming),
  ];
  if (idle.length === 0) return;
  const hint = 'Leave it out: image and machines of a snapshot are what they were.';
  errors.push(new GocliError('USAGE', `not with ${naming.of('snapshot')}: ${idle.join(', ')}`, { hint }));
}

/** @throws GocliError of all that is wrong, and of what the plan of the rest would be refused for */
async function refuseTogether(read: ReadRequest, context: Context): Promise<void> {
  if (read.errors.length === 0) return;
  await collectPlanErrors(read, context);
  throwValues(read.errors, read.naming);
}

/** Adds what the plan of the values that could be read would be refused for. Nothing is fetched to find it out. */
async function collectPlanErrors(read: ReadRequest, context: Context): Promise<void> {
  const { provider, name, snapshot, errors, values, said, naming } = read;
  // Of one that is not there nothing else can be said.
  if (provider === undefined || (said.has('snapshot') && snapshot === undefined)) return;
  const image =
    snapshot === undefined
      ? localImage(locationOf(provider, values), context)
      : imageOfSnapshot(snapshot, context);
  const found = await image.catch((error: unknown) => {
    // That it is not there is no fault yet.
    if (isCode(error, 'PROVIDER_UNKNOWN')) errors.push(error);
  });
  if (found === undefined) return;
  const request = { ...found, values: { ...values, name }, naming, snapshot };
  collect(errors, () => {
    if (lacksGround(read)) refuseForeign(request, context.kinds);
    else planRig(request, context.kinds);
  });
}

/** What was read of a request, with what a start begins at. */
interface ReadRequest extends TriedOptions {
  readonly provider: string | undefined;
  /** Empty when nothing says it. */
  readonly name: string;
  readonly snapshot: Snapshot | undefined;
}

/** @throws GocliError IMAGE_MISSING */
async function imageOfSnapshot({ record }: Snapshot, context: Context): Promise<FoundImage> {
  return { image: await requireImage(record.state, context), reference: record.state.plan.host.image };
}

/** What decides how a rig is started, and not what it is. */
export function startOf({
  fresh,
  template,
  keepOnFailure,
  templateBudget,
  timeout,
  pool,
  poolUse,
}: RunValues): Pick<UpRequest, 'template' | 'keepOnFailure' | 'templateBudget' | 'timeoutMs' | 'pool'> {
  return {
    template: fresh === true ? 'fresh' : template === false ? 'none' : 'use',
    keepOnFailure: keepOnFailure ?? false,
    templateBudget,
    timeoutMs: timeout ?? WAIT_MS,
    pool: pool === false || poolUse === 'off' ? undefined : 'take',
  };
}
