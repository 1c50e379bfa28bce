import type { Readable } from 'node:stream';
import type { StepHandle } from '../events/steps.ts';
import type { DockerImages } from '../place/interface.ts';
import { archivedFiles, entryPath, inArchive } from './archive.ts';
import { badArchive } from './bad-archive.ts';
import { imagesIn } from './in-archive.ts';
import { MEDIA, digestOf, type ArchivedBlob, type Manifest } from './loadable-image.ts';
import { pack } from './packed-layer.ts';
import { streamSource, type ArchiveSource } from './source.ts';
import type { RemoteImage, RemoteLayer, Repository } from './remote/repository.ts';
import { uploadOf } from './remote/upload.ts';

/** An image of the local Docker that is to be published. */
export interface LocalImage {
  readonly reference: string;
  /** Digests of its layers, uncompressed, from the lowest. */
  readonly diffIds: readonly string[];
}

/** What a publication moved. */
export interface PublishedLayers {
  readonly manifest: Manifest;
  /** Digest of the configuration. */
  readonly config: string;
  readonly layers: number;
  /** Layers that were sent, and bytes of them. */
  readonly sent: number;
  readonly bytes: number;
}

export interface PublishWork {
  readonly docker: Pick<DockerImages, 'save'>;
  /** Where there is room for the image. */
  readonly spoolFolder: string;
  readonly step: Pick<StepHandle, 'progress'>;
  readonly signal: AbortSignal;
}

/**
 * Brings the blobs of an image to a repository. A layer that an image of the registry has is taken over, from whichever
 * repository: such a one is found by its content, and not compressed again, which takes longest.
 * @param known images of the same registry
 * @throws GocliError BAD_ARCHIVE (what Docker saves is damaged), CHECKSUM, REGISTRY, DISK_FULL, DOCKER; the signal's reason
 */
export async function publishLayers(
  image: LocalImage,
  repository: Repository,
  known: readonly RemoteImage[],
  work: PublishWork,
): Promise<PublishedLayers> {
  const there = await takenOver(image.diffIds, repository, known);
  const name = `image ${image.reference}`;
  const saved = await work.docker.save([image.reference], work.signal);
  await using source = await streamSource(saved, name, work.spoolFolder, work.signal);
  const [found] = imagesIn(await archivedFiles(source, work.signal), name, 'docker');
  const [config, ...layers] = found?.blobs ?? [];
  if (config === undefined || layers.length !== image.diffIds.length)
    throw badArchive(name, `is saved with ${layers.length} layers of ${image.diffIds.length}`);
  const sender = new Sender(source, repository, work, { config, layers, diffIds: image.diffIds, there });
  await sender.send();
  return sender.result();
}

/** Layers that the repository has now, by their content. */
async function takenOver(
  diffIds: readonly string[],
  repository: Repository,
  known: readonly RemoteImage[],
): Promise<Map<string, RemoteLayer>> {
  const there = new Map<string, RemoteLayer>();
  // Those of the repository itself cost least.
  const nearest = [...known].sort((one) => (one.repository === repository.name ? -1 : 1));
  for (const diffId of diffIds) {
    for (const { repository: from, layers } of nearest) {
      const layer = layers.get(diffId);
      if (layer === undefined || there.has(diffId)) continue;
      const has =
        (await repository.has(layer.digest)) ||
        (from !== repository.name && (await repository.mount(layer, from)));
      if (has) there.set(diffId, layer);
    }
  }
  return there;
}

interface Parts {
  readonly config: ArchivedBlob;
  /** From the lowest; as many as there are digests of contents. */
  readonly layers: readonly ArchivedBlob[];
  readonly diffIds: readonly string[];
  readonly there: Map<string, RemoteLayer>;
}

/** Sends what is not there, in the order in which the archive has it. */
class Sender {
  readonly #source: ArchiveSource;
  readonly #repository: Repository;
  readonly #work: PublishWork;
  readonly #parts: Parts;
  #config = '';
  #configSize = 0;
  #sent = 0;
  #bytes = 0;

  constructor(source: ArchiveSource, repository: Repository, work: PublishWork, parts: Parts) {
    this.#source = source;
    this.#repository = repository;
    this.#work = work;
    this.#parts = parts;
  }

  async send(): Promise<void> {
    const { config, layers, diffIds, there } = this.#parts;
    const left = new Map(layers.map((layer, at) => [layer.path ?? '', { layer, diffId: diffIds[at] ?? '' }]));
    for (const [path, { diffId }] of left) if (there.has(diffId)) left.delete(path);
    const total = left.size;
    await inArchive(this.#source, this.#work.signal, async ({ name, type }, content) => {
      const path = entryPath(name, this.#source.name);
      const one = type === 'file' ? left.get(path) : undefined;
      if (one !== undefined) {
        await this.#layer(one.layer, one.diffId, content, `layer ${total - left.size + 1} of ${total}`);
        left.delete(path);
      } else if (type === 'file' && path === config.path) {
        await this.#sendConfig(content);
      }
      return this.#config === '' || left.size > 0 ? 'on' : 'enough';
    });
    if (left.size > 0 || this.#config === '')
      throw badArchive(this.#source.name, 'was changed while it was read');
  }

  async #sendConfig(content: Readable): Promise<void> {
    const bytes = Buffer.concat(await content.toArray());
    this.#config = digestOf(bytes);
    this.#configSize = bytes.length;
    if (await this.#repository.has(this.#config)) return;
    await this.#repository.upload(
      uploadOf({ digest: this.#config, size: bytes.length }, bytes),
      () => undefined,
    );
  }

  async #layer(
    { compression }: ArchivedBlob,
    diffId: string,
    content: Readable,
    what: string,
  ): Promise<void> {
    const { step, signal, spoolFolder } = this.#work;
    step.progress({ message: `compressing ${what}` });
    await using packed = await pack(content, compression === undefined, spoolFolder, signal);
    if (compression === undefined && packed.diffId !== diffId)
      throw badArchive(this.#source.name, `is damaged: the content of layer ${diffId} has another digest`);
    const { digest, size } = packed;
    const mediaType = `${MEDIA.layer}+${compression ?? 'gzip'}`;
    this.#parts.there.set(diffId, { mediaType, digest, size });
    if (await this.#repository.has(digest)) return;
    await this.#repository.upload(packed, (bytes) => {
      step.progress({ message: `sending ${what}: ${digest.slice(0, 19)}`, bytes, totalBytes: size });
    });
    this.#sent += 1;
    this.#bytes += size;
  }

  result(): PublishedLayers {
    const { diffIds, there } = this.#parts;
    // In one order of keys, whoever described the layer: equal images have equal manifests.
    const layers = diffIds
      .flatMap((diffId) => there.get(diffId) ?? [])
      .map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
    const config = { mediaType: MEDIA.config, digest: this.#config, size: this.#configSize };
    const content = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.manifest, config, layers }),
    );
    const manifest = { mediaType: MEDIA.manifest, content, digest: digestOf(content), size: content.length };
    return {
      manifest,
      config: this.#config,
      layers: layers.length,
      sent: this.#sent,
      bytes: this.#bytes,
    };
  }
}
