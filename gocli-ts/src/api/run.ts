import { GocliError } from '../errors/error.ts';
import { writeTimings } from '../host/timings.ts';
import type { ImageInfo } from '../place/port.ts';
import { planRig } from '../rig/make-plan.ts';
import { checkRigName } from '../rig/names.ts';
import type { RigPlan } from '../rig/plan.ts';
import { requireSnapshot, type Snapshot } from '../rig/snapshot/snapshots.ts';
import { up, type UpRequest, type UpResult } from '../rig/up.ts';
import type { Context } from './context.ts';
import { onRig } from './operation.ts';
import { readRunOptions, type RunInputs, type RunValues } from './options.ts';
import { obtainImage } from './provider-image.ts';
import { WAIT_MS } from './wait.ts';

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
 * @throws GocliError USAGE, BAD_VALUE, PROVIDER_UNKNOWN, IMAGE_MISSING, DOWNLOAD, CONFLICT (it runs with another plan),
 * NOT_READY (it is broken), TIMEOUT, GUEST_DIED and whatever else the start meets; the signal's reason
 */
export async function run(request: RunRequest, context: Context): Promise<RunResult> {
  const prepared = await prepare(request, context);
  const result = await up(prepared, onRig(context, prepared.values.name));
  if (result.started) {
    await writeTimings(
      context.paths,
      Object.fromEntries(result.timings.map(({ id, seconds }) => [id, seconds])),
    );
  }
  return result;
}

/** What {@link run} would start, without touching anything. @throws GocliError like run, before it starts anything */
export async function plan(request: RunRequest, context: Context): Promise<RigPlan> {
  const prepared = await prepare({ ...request, provision: false }, context);
  return planRig(prepared, context.kinds);
}

/** Whatever can be refused without work is refused before an image is fetched or built. */
async function prepare(request: RunRequest, context: Context): Promise<UpRequest> {
  const { provider: asked, kubevirtci = false, ...inputs } = request;
  const values = readRunOptions(inputs, context.env, kubevirtci);
  const snapshot =
    values.snapshot === undefined ? undefined : await requireSnapshot(context.docker, values.snapshot);
  if (snapshot !== undefined && values.name === undefined) {
    throw new GocliError('USAGE', '--snapshot needs a name for the new cluster', {
      hint: 'For example: gocli run --snapshot clean --name other',
    });
  }
  const provider = asked ?? snapshot?.record.state.plan.guest.provider;
  if (provider === undefined) {
    throw new GocliError('USAGE', 'a provider is missing', {
      hint: 'For example: gocli run k8s-1.36 (all: gocli provider ls)',
    });
  }
  const name = values.name ?? checkRigName(provider);
  const image =
    snapshot === undefined
      ? await imageOfProvider(provider, values, context)
      : await imageOfSnapshot(snapshot, context);
  return { ...image, values: { ...values, name }, snapshot, ...startOf(values) };
}

function imageOfProvider(provider: string, values: RunValues, context: Context): Promise<FoundImage> {
  return obtainImage(
    {
      provider,
      registry: values.containerRegistry,
      organisation: values.containerOrg,
      tag: values.containerSuffix,
      provision: values.provision ?? true,
    },
    context,
  );
}

interface FoundImage {
  readonly image: ImageInfo;
  readonly reference: string;
}

/** @throws GocliError IMAGE_MISSING */
async function imageOfSnapshot({ name, record }: Snapshot, { docker }: Context): Promise<FoundImage> {
  const { image: reference, imageId } = record.state.plan.host;
  const image = await docker.images.inspect(imageId);
  if (image !== undefined) return { image, reference };
  throw new GocliError('IMAGE_MISSING', `the image that snapshot "${name}" was taken on is gone`);
}

/** What decides how a rig is started, and not what it is. */
export function startOf({
  fresh,
  template,
  keepOnFailure,
  templateBudget,
  timeout,
}: RunValues): Pick<UpRequest, 'template' | 'keepOnFailure' | 'templateBudget' | 'timeoutMs'> {
  return {
    template: fresh === true ? 'fresh' : template === false ? 'none' : 'use',
    keepOnFailure: keepOnFailure ?? false,
    templateBudget,
    timeoutMs: timeout ?? WAIT_MS,
  };
}
