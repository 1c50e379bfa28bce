import { z } from 'zod';
import { blobPath } from './archive.ts';
import {
  digestOf,
  fitsNodes,
  MEDIA,
  wrongPlatform,
  type ArchivedBlob,
  type LoadableImage,
  type Platform,
} from './loadable-image.ts';
import { configSchema, MOST_LAYERS, type ArchiveReader } from './reader.ts';

/** List of the images of an OCI layout (image-spec, image-layout.md). */
export const OCI_LIST = 'index.json';

/** Indexes within indexes, and all that they name. */
const DEEPEST = 4;
const MOST_DESCRIPTORS = 2000;

const descriptorSchema = z.object({
  digest: z.string(),
  size: z.int().nonnegative(),
  mediaType: z.string().optional(),
  platform: z.object({ os: z.string(), architecture: z.string() }).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});
type Descriptor = z.infer<typeof descriptorSchema>;
const indexSchema = z.object({ manifests: z.array(descriptorSchema).max(MOST_DESCRIPTORS) });
const manifestSchema = z.object({
  mediaType: z.string().optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(MOST_LAYERS),
});

/**
 * The images of an OCI layout: of each the one for the nodes' platform, with the manifest that it has. Digests of all
 * but layers are checked here; those are the registry's to check.
 * @throws GocliError BAD_ARCHIVE
 */
export function ociImages(archive: ArchiveReader): LoadableImage[] {
  const named = new Map<string, Descriptor[]>();
  for (const descriptor of archive.parse(indexSchema, OCI_LIST).manifests) {
    const name = nameIn(descriptor);
    named.set(name, [...(named.get(name) ?? []), descriptor]);
  }
  const images = [...named].map(([name, descriptors]) => {
    // A tag alone, as skopeo writes it, is no name.
    const names = /[:/]/.test(name) ? [archive.name(name)] : [];
    return { ...new Search(archive).one(descriptors), names };
  });
  return mergeNames(images);
}

/** As containerd and BuildKit name an image of a layout, else as image-spec does. */
function nameIn({ annotations }: Descriptor): string {
  return (
    annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name'] ?? ''
  );
}

/** One image under several names is one image. */
function mergeNames(images: readonly LoadableImage[]): LoadableImage[] {
  const merged = new Map<string, LoadableImage>();
  for (const image of images) {
    const { digest } = image.manifest;
    const names = new Set([...(merged.get(digest)?.names ?? []), ...image.names]);
    merged.set(digest, { ...image, names: [...names] });
  }
  return [...merged.values()];
}

type Unnamed = Omit<LoadableImage, 'names'>;

/** Looks for what is for the nodes among manifests for several platforms. */
class Search {
  readonly #archive: ArchiveReader;
  readonly #others: Platform[] = [];
  #descriptors = 0;

  constructor(archive: ArchiveReader) {
    this.#archive = archive;
  }

  one(descriptors: readonly Descriptor[]): Unnamed {
    const found = this.#among(descriptors, 0);
    if (found !== undefined) return found;
    throw wrongPlatform(this.#archive.archive, this.#others);
  }

  #among(descriptors: readonly Descriptor[], depth: number): Unnamed | undefined {
    if (depth > DEEPEST) throw this.#archive.bad(`has indexes within indexes, more than ${DEEPEST} deep`);
    for (const descriptor of descriptors) {
      this.#descriptors += 1;
      if (this.#descriptors > MOST_DESCRIPTORS)
        throw this.#archive.bad(`names more than ${MOST_DESCRIPTORS} manifests`);
      const found = this.#fits(descriptor.platform) ? this.#at(descriptor, depth) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #fits(platform: Platform | null | undefined): boolean {
    if (platform === undefined || platform === null || fitsNodes(platform)) return true;
    // Attestations of BuildKit are of the platform unknown/unknown.
    if (platform.os !== 'unknown') this.#others.push(platform);
    return false;
  }

  #at(descriptor: Descriptor, depth: number): Unnamed | undefined {
    const { digest } = descriptor;
    const content = this.#checked(digest);
    const value = this.#archive.value(content, digest);
    const index = indexSchema.safeParse(value);
    if (index.success) return this.#among(index.data.manifests, depth + 1);
    const { config, layers, mediaType } = this.#archive.valid(manifestSchema, value, digest);
    const about = configSchema.safeParse(this.#archive.value(this.#checked(config.digest), config.digest));
    // An artifact, such as a signature, is no image.
    if (!about.success || !this.#fits(about.data)) return undefined;
    const type = descriptor.mediaType ?? mediaType ?? MEDIA.manifest;
    return {
      manifest: { mediaType: type, content, digest, size: content.length },
      blobs: [config, ...layers].map((one) => this.#blob(one)),
    };
  }

  /** JSON by its digest, which has to be right. */
  #checked(digest: string): Buffer {
    const content = this.#archive.content(blobPath(this.#archive.digest(digest)));
    if (digestOf(content) === digest) return content;
    throw this.#archive.bad(`is damaged: the content of ${digest} has another digest`);
  }

  #blob({ digest, size }: Descriptor): ArchivedBlob {
    const file = this.#archive.file(blobPath(this.#archive.digest(digest)));
    if (file.size === size) return { digest, size, path: file.path };
    throw this.#archive.bad(`is damaged: ${digest} has ${file.size} bytes instead of ${size}`);
  }
}
