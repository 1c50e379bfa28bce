import { GocliError, isCode } from '../errors/error.ts';
import { Steps } from '../events/steps.ts';
import type { ImageInfo } from '../place/interface.ts';
import { readPublished, type PublishedProvider } from '../provider/providers-lock.ts';
import { formatSeconds } from '../shared/text.ts';
import type { Context } from './context.ts';
import type { FoundImage, ImageLocation } from './provider-image.ts';

/** Pauses between tries of a pull, milliseconds. */
const PAUSES = [1000, 2000, 4000, 8000];
/** What may be otherwise the next time: busy and restarting registries, connections that break. Docker's own words. */
const TRANSIENT =
  /\b(?:toomanyrequests|429|50[0234]|unexpected EOF|EOF|connection reset|timeout|timed out)\b/i;

/** What `providers.lock` says of a provider; undefined when it is not published, or another tag is wanted. */
export async function publishedAs(
  { provider, tag }: ImageLocation,
  { checkout }: Context,
): Promise<PublishedProvider | undefined> {
  const found = (await readPublished(checkout)).get(provider);
  return tag === undefined || tag === 'latest' || tag === found?.tag ? found : undefined;
}

/** The published image, if this host has pulled it. */
export async function pulledImage(
  published: PublishedProvider,
  { docker }: Context,
): Promise<FoundImage | undefined> {
  const reference = ownReference(published);
  const image = await docker.images.inspect(reference);
  return image !== undefined && isOf(image, published) ? { image, reference } : undefined;
}

/**
 * The published image: pulled by its digest, unless that was done before. It gets a name by its tag, so that it is known
 * when another one is published, and so that one that is built here goes before it.
 * @throws GocliError DOWNLOAD, IMAGE_MISSING, CHECKSUM (it is another one than was published)
 */
export async function obtainPublished(published: PublishedProvider, context: Context): Promise<FoundImage> {
  const pulled = await pulledImage(published, context);
  if (pulled !== undefined) return pulled;
  const { docker } = context;
  const { provider, repository, tag, digest } = published;
  const byDigest = `${repository}@${digest}`;
  const steps = new Steps(context.emit, context.clock);
  const title = `Pulling ${provider} from ${repository} (${tag}, ${digest.slice(0, 19)})`;
  const image = await pull(byDigest, title, steps, context);
  if (!isOf(image, published)) {
    await docker.images.remove(byDigest);
    throw new GocliError('CHECKSUM', `${byDigest} is another image than was published`, {
      observed: `published: ${published.config}\npulled: ${image.id}`,
      hint: 'cluster-up/cluster/providers.lock does not fit together: take it from version control, or publish again.',
    });
  }
  const reference = ownReference(published);
  await docker.images.tag(image.id, reference);
  // By that name the image would stay when it is removed by its own.
  await docker.images.remove(byDigest);
  return { image, reference };
}

function ownReference({ provider, tag }: PublishedProvider): string {
  return `gocli/${provider}:${tag}`;
}

/** Where Docker keeps images in containerd, the id of one is the digest of its manifest. */
function isOf({ id }: ImageInfo, { config, digest }: PublishedProvider): boolean {
  return id === config || id === digest;
}

/**
 * Pulls an image; Docker goes on where a layer broke off, and checks what it gets by its digest.
 * @throws GocliError DOWNLOAD, IMAGE_MISSING, CHECKSUM; the signal's reason
 */
export function pull(reference: string, title: string, steps: Steps, context: Context): Promise<ImageInfo> {
  const { clock, docker, signal } = context;
  return steps.run('pull', title, async (step) => {
    for (let tries = 0; ; tries += 1) {
      try {
        const onProgress = step.progress.bind(step);
        return await docker.images.pull(reference, { signal, onProgress });
      } catch (error) {
        const pause = PAUSES[tries];
        if (!isCode(error, 'DOWNLOAD') || pause === undefined || !TRANSIENT.test(error.observed ?? ''))
          throw error;
        step.progress({ message: `it broke off, again in ${formatSeconds(pause / 1000)}` });
        await clock.sleep(pause, signal);
      }
    }
  });
}
