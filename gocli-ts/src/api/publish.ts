import { join } from 'node:path';
import { GocliError } from '../errors/error.ts';
import type { StepTiming } from '../events/events.ts';
import { Steps, type StepHandle } from '../events/steps.ts';
import { exclusively } from '../host/exclusive.ts';
import { pathFrom } from '../host/paths.ts';
import { publishLayers } from '../images/publish.ts';
import { originOf } from '../images/remote/address.ts';
import { RemoteClient } from '../images/remote/client.ts';
import { Repository, type RemoteImage } from '../images/remote/repository.ts';
import { trustedBy } from '../images/remote/trust.ts';
import type { ImageInfo } from '../place/interface.ts';
import { factsOf, RECIPE_LABEL } from '../provider/facts.ts';
import {
  publishedFile,
  publishedLine,
  readPublished,
  rememberPublished,
  type PublishedProvider,
} from '../provider/providers-lock.ts';
import { IMAGE_TAG, registryAndPath } from '../shared/image-reference.ts';
import type { Context } from './context.ts';
import { builtImage } from './provider-image.ts';

export interface PublishRequest {
  /** `k8s-1.36` */
  readonly provider: string;
  /** Registry and organisation: `registry.example:5000/team`. */
  readonly registry: string;
  /** `yymmddHHMM-<commit>` unless told; `latest` is always given, too. */
  readonly tag?: string | undefined;
  /** File with the authority that vouches for the registry, PEM. */
  readonly ca?: string | undefined;
}

export interface PublishResult extends PublishedProvider {
  /** Whether it was there already, so that it only got further tags. */
  readonly retagged: boolean;
  readonly layers: number;
  /** Layers that were sent, and their bytes. */
  readonly sent: number;
  readonly bytesSent: number;
  /** File that names it now. */
  readonly lock: string;
  readonly seconds: number;
  readonly timings: readonly StepTiming[];
}

interface Target {
  readonly host: string;
  readonly path: string;
  readonly origin: URL;
  readonly ca: readonly string[] | undefined;
}

/**
 * Pushes the local image of a provider to a registry under a new tag and `latest`, and names it by its digest in
 * `cluster-up/cluster/providers.lock`. An image by the same recipe that is there as `latest` gets the new tag instead.
 * @throws GocliError BAD_VALUE, PROVIDER_UNKNOWN, IMAGE_MISSING, BAD_FILE (no certificate, a damaged lock file), FILE,
 * REGISTRY, CHECKSUM, BAD_ARCHIVE, DISK_FULL, DOCKER, TIMEOUT; the signal's reason
 */
export async function publish(request: PublishRequest, context: Context): Promise<PublishResult> {
  const { provider } = request;
  const target = await targetOf(request, context);
  const { image, reference } = await builtImage({ provider }, context);
  factsOf(image, reference);
  // One that cannot be read is said before anything is sent.
  const before = await readPublished(context.checkout);
  const recipe = image.labels[RECIPE_LABEL] ?? '-';
  const tag = request.tag ?? (await newTag(recipe, context));
  const steps = new Steps(context.emit, context.clock);
  const result = await steps.run(
    'publish',
    `Publishing ${reference} to ${target.host}/${target.path}`,
    async (step) => {
      using client = clientOf(target, step, context);
      const repository = new Repository(client, `${target.path}/${provider}`);
      const local = { image, reference, recipe };
      const done = await retagOrSend(local, repository, [...before.values()], {
        client,
        target,
        step,
        context,
      });
      for (const name of new Set([tag, 'latest'])) await repository.tag(done.manifest, name);
      step.note(done.retagged ? 'it is there already' : `${done.sent} of ${done.layers} layers`);
      const entry = {
        provider,
        repository: `${target.host}/${repository.name}`,
        tag,
        digest: done.manifest.digest,
        config: done.config,
        recipe,
      };
      return { entry, done };
    },
  );
  await remember(result.entry, context);
  const { retagged, layers, sent, bytes: bytesSent } = result.done;
  const lock = publishedFile(context.checkout);
  const { timings } = steps;
  return { ...result.entry, retagged, layers, sent, bytesSent, lock, seconds: steps.elapsed(), timings };
}

/** @throws GocliError FILE, DISK_FULL with the line that is not written: the image is published nevertheless */
async function remember(
  entry: PublishedProvider,
  { checkout, clock, signal, paths }: Context,
): Promise<void> {
  try {
    // Another provider may be published at the same time.
    await exclusively(join(paths.cache, 'publish'), { clock, signal, onWait: () => undefined }, () =>
      rememberPublished(checkout, entry),
    );
  } catch (error) {
    if (!(error instanceof GocliError)) throw error;
    const { repository, tag } = entry;
    throw new GocliError(error.code, `${repository}:${tag} is published, but ${error.message}`, {
      cause: error,
      observed: publishedLine(entry),
      hint: `That line is to stand there. ${error.hint ?? ''}`,
    });
  }
}

interface Local {
  readonly image: ImageInfo;
  readonly reference: string;
  readonly recipe: string;
}

interface Work {
  readonly client: RemoteClient;
  readonly target: Target;
  readonly step: StepHandle;
  readonly context: Context;
}

type Sent = Awaited<ReturnType<typeof publishLayers>> & { readonly retagged: boolean };

async function retagOrSend(
  { image, reference, recipe }: Local,
  repository: Repository,
  published: readonly PublishedProvider[],
  { client, target, step, context }: Work,
): Promise<Sent> {
  const latest = await repository.image('latest', true);
  if (latest !== undefined && recipe !== '-' && latest.labels[RECIPE_LABEL] === recipe) {
    const { manifest, config, layers } = latest;
    return { manifest, config, layers: layers.size, sent: 0, bytes: 0, retagged: true };
  }
  const others = published
    .map((one) => ({ ...one, place: registryAndPath(one.repository) }))
    .filter(({ place }) => place?.registry === target.host && place.path !== repository.name);
  const known: RemoteImage[] = latest === undefined ? [] : [latest];
  for (const { place, digest } of others) {
    const found = await new Repository(client, place?.path ?? '').image(digest).catch((error: unknown) => {
      // It is a help alone; this user may have no right to it.
      if (error instanceof GocliError) return undefined;
      throw error;
    });
    if (found !== undefined) known.push(found);
  }
  const { docker, paths, signal } = context;
  const local = { reference, diffIds: image.layers ?? [] };
  const work = { docker: docker.images, spoolFolder: paths.cache, step, signal };
  return { ...(await publishLayers(local, repository, known, work)), retagged: false };
}

function clientOf(
  { host, origin, ca }: Target,
  step: StepHandle,
  { clock, docker, signal }: Context,
): RemoteClient {
  let login: ReturnType<Context['docker']['system']['login']> | undefined;
  return new RemoteClient(host, origin, ca, {
    clock,
    signal,
    // A helper may ask its user, so it is asked once.
    login: () => (login ??= docker.system.login(`${host}/x`, signal)),
    tell: (message) => {
      step.progress({ message });
    },
  });
}

/** @throws GocliError BAD_VALUE, BAD_FILE, FILE */
async function targetOf(
  { registry, tag, ca: file }: PublishRequest,
  { cwd, naming }: Context,
): Promise<Target> {
  if (tag !== undefined && !IMAGE_TAG.test(tag)) {
    const text = `${naming.of('tag')}: ${JSON.stringify(tag)} is not the tag of an image`;
    const hint = 'Letters, digits, and _ . - in it, at most 128: 2611272230-0123abc';
    throw new GocliError('BAD_VALUE', text, { hint });
  }
  const place = registryAndPath(registry);
  const ca =
    place === undefined
      ? undefined
      : await trustedBy(place.registry, file === undefined ? undefined : pathFrom(cwd, file));
  const origin = place === undefined ? undefined : originOf(place.registry, ca !== undefined);
  if (place === undefined || origin === undefined) {
    const text = `${naming.of('registry')}: ${JSON.stringify(registry)} names no place in a registry`;
    const hint =
      'Host and organisation, without https:// and without the image: quay.io/team, localhost:5000/team';
    throw new GocliError('BAD_VALUE', text, { hint });
  }
  return { host: place.registry, path: place.path, origin, ca };
}

/** `2611272230-0123abc`, the time in UTC; of a checkout without git the recipe is what it is told by. */
async function newTag(recipe: string, { clock, host, checkout, signal }: Context): Promise<string> {
  const time = new Date(clock.now()).toISOString().replace(/\D/g, '').slice(2, 12);
  const git = await host
    .run(['git', '-C', checkout, 'rev-parse', '--short', 'HEAD'], { signal, allowFailure: true })
    .catch((error: unknown) => {
      if (error instanceof GocliError) return undefined;
      throw error;
    });
  const commit = git?.exitCode === 0 ? git.stdout.trim() : '';
  return `${time}-${/^[0-9a-f]{4,40}$/.test(commit) ? commit : recipe.slice(0, 12)}`;
}
