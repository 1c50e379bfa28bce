import { join } from 'node:path';
import { quote } from '../shared/quote.ts';
import type { ImageInfo } from '../place/interface.ts';
import { GocliError } from '../errors/error.ts';
import { Steps } from '../events/steps.ts';
import { checkGround } from '../rig/start/daemon.ts';
import { isProviderName, providerNameOf } from '../provider/name.ts';
import { listProviderFolders, type ProviderFolder } from '../provider/folders.ts';
import { formatSeconds, didYouMean } from '../shared/text.ts';
import type { Context } from './context.ts';
import { obtainPublished, publishedAs, pull, pulledImage } from './published-image.ts';

/** Which image: the local one, or that of a registry. */
export interface ImageLocation {
  readonly provider: string;
  readonly registry?: string | undefined;
  readonly organisation?: string | undefined;
  readonly tag?: string | undefined;
}

export interface ImageRequest extends ImageLocation {
  /** Whether the provider may be built when its image is nowhere. */
  readonly provision: boolean;
  /** Of the nodes, where one is asked for. */
  readonly network?: string | undefined;
}

export interface FoundImage {
  readonly image: ImageInfo;
  readonly reference: string;
}

/** A way to have an image. */
export type FindImage = (request: ImageRequest, context: Context) => Promise<FoundImage>;

/** Seconds that provisioning takes from empty caches on 2 cores; said before it is known how long it takes here. */
const PROVISION_SECONDS = 25 * 60;

/**
 * `gocli/k8s-1.36:latest`, or the same in a registry. Whoever asks for an image by the name of a provider, which may be
 * any word, gets its reference here.
 * @throws GocliError PROVIDER_UNKNOWN with the nearest name
 */
export async function imageReference(
  { provider, registry, organisation, tag }: ImageLocation,
  context: Context,
): Promise<string> {
  if (!isProviderName(provider)) throw unknownProvider(provider, await foldersOf(context));
  const path =
    registry === undefined ? `gocli/${provider}` : `${registry}/${organisation ?? 'gocli'}/${provider}`;
  return `${path}:${tag ?? 'latest'}`;
}

/**
 * The provider's image: the local one, else that of the registry that is named, else the published one, else a newly
 * provisioned one.
 * @throws GocliError PROVIDER_UNKNOWN, DOCKER_UNSUPPORTED, BAD_VALUE (a network that is in use), IMAGE_MISSING, DOWNLOAD, CHECKSUM, BAD_FILE (what says which one is published)
 */
export async function obtainImage(request: ImageRequest, context: Context): Promise<FoundImage> {
  const reference = await imageReference(request, context);
  const local = await context.docker.images.inspect(reference);
  if (local !== undefined) return { image: local, reference };
  await checkGround(request.network, context);
  if (request.registry !== undefined) {
    const steps = new Steps(context.emit, context.clock);
    return { image: await pull(reference, `Pulling ${reference}`, steps, context), reference };
  }
  const published = await publishedAs(request, context);
  if (published !== undefined) return obtainPublished(published, context);
  const folder = await folderOf(request.provider, context);
  if (!request.provision || (request.tag !== undefined && request.tag !== 'latest'))
    throw missing(reference, folder);
  return { image: await provisionNow(folder, reference, context), reference };
}

/**
 * The provider's image, if this host has it; nothing is fetched.
 * @throws GocliError PROVIDER_UNKNOWN, IMAGE_MISSING, BAD_FILE
 */
export async function localImage(location: ImageLocation, context: Context): Promise<FoundImage> {
  const reference = await imageReference(location, context);
  const image = await context.docker.images.inspect(reference);
  if (image !== undefined) return { image, reference };
  const { provider, registry } = location;
  const published = registry === undefined ? await publishedAs(location, context) : undefined;
  const pulled = published === undefined ? undefined : await pulledImage(published, context);
  if (pulled !== undefined) return pulled;
  throw new GocliError('IMAGE_MISSING', `image ${reference} is not on this host`, {
    hint:
      registry === undefined
        ? `Build it: gocli provision ${quote((await folderOf(provider, context)).folder)}`
        : `Fetch it: docker pull ${reference}`,
  });
}

/** The image that was built here, and is pulled from nowhere. @throws GocliError PROVIDER_UNKNOWN, IMAGE_MISSING */
export async function builtImage(location: ImageLocation, context: Context): Promise<FoundImage> {
  const reference = await imageReference(location, context);
  const image = await context.docker.images.inspect(reference);
  if (image !== undefined) return { image, reference };
  throw new GocliError('IMAGE_MISSING', `image ${reference} is not on this host`, {
    hint: `Build it: gocli provision ${quote((await folderOf(location.provider, context)).folder)}`,
  });
}

/**
 * The folder a provider is made from.
 * @param provider `k8s-1.36`, or the folder below `cluster-provision`: `k8s/1.36`
 * @throws GocliError PROVIDER_UNKNOWN with the nearest name
 */
export async function folderOf(provider: string, context: Context): Promise<ProviderFolder> {
  const folders = await foldersOf(context);
  const found = folders.find(({ name }) => name === providerNameOf(provider));
  if (found !== undefined) return found;
  throw unknownProvider(provider, folders);
}

/** `cluster-provision` of the checkout. */
export function provisionRoot({ checkout }: Pick<Context, 'checkout'>): string {
  return join(checkout, 'cluster-provision');
}

/** The providers of the checkout. */
export function foldersOf(context: Pick<Context, 'checkout'>): Promise<ProviderFolder[]> {
  return listProviderFolders(provisionRoot(context));
}

function unknownProvider(provider: string, folders: readonly ProviderFolder[]): GocliError {
  const names = folders.map(({ name }) => name);
  const text = `there is no provider "${provider}".${didYouMean(providerNameOf(provider), names)}`;
  return new GocliError('PROVIDER_UNKNOWN', text, { hint: `Providers: ${names.join(', ')}` });
}

function missing(reference: string, { folder, name }: ProviderFolder): GocliError {
  return new GocliError('IMAGE_MISSING', `image ${reference} is not there`, {
    hint: `Build it (gocli provision ${quote(folder)}), or name a registry that has ${name} with --container-registry.`,
  });
}

async function provisionNow(
  { folder, name }: ProviderFolder,
  reference: string,
  context: Context,
): Promise<ImageInfo> {
  const { readTimings } = await import('../host/timings.ts');
  const { build } = await import('./provision.ts');
  const { STEP_NAMES } = await import('../provision/step.ts');
  const timings = await readTimings(context.paths, name);
  const known = STEP_NAMES.reduce((sum, step) => sum + (timings[step] ?? 0), 0);
  // A run that found most of it in the caches says little.
  const time =
    known > 600
      ? `at most ${formatSeconds(known)} by the last time`
      : `about ${formatSeconds(PROVISION_SECONDS)} from empty caches, which is a guess`;
  context.emit({
    type: 'notice',
    level: 'info',
    text: `Image ${reference} is not there, so ${name} is provisioned first: ${time}. (--no-provision refuses instead.)`,
  });
  await build({ folder }, context);
  const image = await context.docker.images.inspect(reference);
  if (image === undefined)
    throw new GocliError('IMAGE_MISSING', `provisioning ${name} ended without image ${reference}`);
  return image;
}
