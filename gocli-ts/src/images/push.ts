import type { Readable } from 'node:stream';
import pMap from 'p-map';
import { isCode } from '../errors/error.ts';
import type { StepHandle } from '../events/steps.ts';
import { entryPath, inArchive } from './archive.ts';
import { badArchive } from './bad-archive.ts';
import type { ArchivedBlob, LoadableImage } from './loadable-image.ts';
import type { Registry } from './registry.ts';
import type { ArchiveSource } from './source.ts';

/** Questions that a registry is asked at a time. */
const AT_ONCE = 8;

/** What a push moved. */
export interface Pushed {
  /** Layers and configurations, each counted once. */
  readonly blobs: number;
  /** Of these, those that the registry did not have. */
  readonly sent: number;
  readonly bytes: number;
}

/**
 * Brings images to a registry. Only what it does not have is read and sent; the images are there when all of them is.
 * @param source of all blobs that have a path
 * @throws GocliError BAD_ARCHIVE (a layer is damaged), REGISTRY, DISK_FULL; the signal's reason
 */
export async function push(
  images: readonly LoadableImage[],
  source: ArchiveSource | undefined,
  registry: Registry,
  step: Pick<StepHandle, 'progress'>,
  signal: AbortSignal,
): Promise<Pushed> {
  const blobs = new Map(images.flatMap((image) => image.blobs.map((blob) => [blob.digest, blob] as const)));
  const wanted = await missing([...blobs.values()], registry, signal);
  if (source !== undefined && wanted.length > 0) await send(wanted, source, registry, step, signal);
  await pMap(images, ({ manifest }) => registry.putManifest(manifest, signal), { concurrency: AT_ONCE });
  return { blobs: blobs.size, sent: wanted.length, bytes: sum(wanted) };
}

/** Those that have to be sent. */
async function missing(
  blobs: readonly ArchivedBlob[],
  registry: Registry,
  signal: AbortSignal,
): Promise<ArchivedBlob[]> {
  const here = blobs.filter(({ path }) => path !== undefined);
  const sizes = await pMap(here, ({ digest }) => registry.sizeOf(digest, signal), { concurrency: AT_ONCE });
  return here.filter((_, at) => sizes[at] === undefined);
}

function sum(blobs: readonly ArchivedBlob[]): number {
  return blobs.reduce((bytes, { size }) => bytes + size, 0);
}

/** Sends blobs in the order in which the archive has them. */
async function send(
  blobs: readonly ArchivedBlob[],
  source: ArchiveSource,
  registry: Registry,
  step: Pick<StepHandle, 'progress'>,
  signal: AbortSignal,
): Promise<void> {
  const left = new Map(blobs.map((blob) => [blob.path ?? '', blob]));
  const totalBytes = sum(blobs);
  let bytes = 0;
  const tell = (blob: ArchivedBlob): void => {
    const at = blobs.length - left.size + 1;
    step.progress({
      message: `layer ${at} of ${blobs.length}: ${blob.digest.slice(0, 19)}`,
      bytes,
      totalBytes,
    });
  };
  await inArchive(source, signal, async ({ name, type }, content: Readable) => {
    const path = entryPath(name, source.name);
    const blob = type === 'file' ? left.get(path) : undefined;
    if (blob === undefined) return 'on';
    tell(blob);
    await put(blob, content, source, registry, signal);
    bytes += blob.size;
    left.delete(path);
    return left.size === 0 ? 'enough' : 'on';
  });
  const [lost] = left.values();
  // The file was changed between the two times that it was read.
  if (lost !== undefined) throw badArchive(source.name, `has no ${lost.digest} any more: it was changed`);
}

async function put(
  blob: ArchivedBlob,
  content: Readable,
  source: ArchiveSource,
  registry: Registry,
  signal: AbortSignal,
): Promise<void> {
  try {
    await registry.putBlob(blob, content, signal);
  } catch (error) {
    if (!isCode(error, 'CHECKSUM')) throw error;
    throw badArchive(source.name, `is damaged: the content of ${blob.digest} has another digest`, {
      hint: 'Write it again.',
    });
  }
}
