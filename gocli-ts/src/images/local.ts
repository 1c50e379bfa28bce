import { GocliError } from '../errors/error.ts';
import type { DockerImages, ImageInfo } from '../place/interface.ts';
import { fullImageName } from '../shared/image-reference.ts';
import { didYouMean } from '../shared/text.ts';
import { archivedFiles } from './archive.ts';
import {
  fitsNodes,
  manifestOf,
  wrongPlatform,
  type ArchivedBlob,
  type LoadableImage,
} from './loadable-image.ts';
import { imagesIn } from './in-archive.ts';
import type { Registry } from './registry.ts';
import { streamSource, type ArchiveSource } from './source.ts';

/** Images of the local Docker, and where those blobs are that the registry may lack. */
export interface LocalImages {
  readonly images: readonly LoadableImage[];
  /** Undefined when there is nothing to send. */
  readonly source: ArchiveSource | undefined;
}

/**
 * Images of the local Docker. `docker save` writes all layers of an image, whatever is asked for, so those are not
 * saved that the registry has whole.
 * @throws GocliError IMAGE_MISSING, BAD_ARCHIVE (another platform), BAD_VALUE, DISK_FULL, DOCKER
 */
export async function localImages(
  references: readonly string[],
  docker: DockerImages,
  registry: Registry,
  spoolFolder: string,
  signal: AbortSignal,
): Promise<LocalImages> {
  const looked = await Promise.all(
    references.map(async (reference) => {
      const info = await requireImage(reference, docker);
      return { reference, known: await knownImage(reference, info, registry, signal) };
    }),
  );
  const known = looked.flatMap((one) => one.known ?? []);
  const unknown = looked.flatMap(({ reference, known: there }) => (there === undefined ? [reference] : []));
  if (unknown.length === 0) return { images: known, source: undefined };
  const name = unknown.length === 1 ? `image ${unknown[0] ?? ''}` : 'what Docker saves';
  const source = await streamSource(await docker.save(unknown, signal), name, spoolFolder, signal);
  try {
    const saved = imagesIn(await archivedFiles(source, signal), name, 'docker');
    return { images: [...known, ...saved], source };
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

async function requireImage(reference: string, docker: DockerImages): Promise<ImageInfo> {
  const info = await docker.inspect(reference);
  if (info !== undefined) {
    if (info.platform !== undefined && !fitsNodes(info.platform))
      throw wrongPlatform(`image ${reference}`, [info.platform]);
    return info;
  }
  const tags = (await docker.list({})).flatMap((image) => image.tags);
  throw new GocliError('IMAGE_MISSING', `Docker has no image ${reference}.${didYouMean(reference, tags)}`, {
    hint: `Build or pull it first: docker pull ${reference}. An archive is named by its path: ./FILE.tar`,
  });
}

/**
 * An image as the registry has it whole; undefined when it does not. The id of an image is the digest of its
 * configuration, except where Docker keeps images in containerd: there it is one that is not looked for as such, and
 * the image is saved.
 */
async function knownImage(
  reference: string,
  { id, layers: diffIds }: ImageInfo,
  registry: Registry,
  signal: AbortSignal,
): Promise<LoadableImage | undefined> {
  if (diffIds === undefined) return undefined;
  const digests = [id, ...diffIds];
  const sizes = await Promise.all(digests.map((digest) => registry.sizeOf(digest, signal)));
  const blobs: ArchivedBlob[] = digests.flatMap((digest, at) => {
    const size = sizes[at];
    return size === undefined ? [] : [{ digest, size }];
  });
  const [config, ...layers] = blobs;
  if (config === undefined || blobs.length < digests.length) return undefined;
  const name = fullImageName(reference);
  return { names: name === undefined ? [] : [name], manifest: manifestOf(config, layers), blobs };
}
