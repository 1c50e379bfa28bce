import { createHash } from 'node:crypto';

/** Content that an OCI layout holds under its digest. */
export interface Blob {
  /** 64 hex digits, SHA-256. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

interface JsonBlob extends Blob {
  readonly content: Buffer;
}

export interface ImageSpec {
  /** Full name with tag. */
  readonly name: string;
  /** From the lowest to the highest, uncompressed. */
  readonly layers: readonly Blob[];
  readonly entrypoint: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface ImageBlobs {
  readonly name: string;
  readonly config: JsonBlob;
  readonly manifest: JsonBlob;
}

const TYPE = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Configuration and manifest of one image (image-spec v1.1). Without times: equal content gives equal digests. */
export function imageBlobs({ name, layers, entrypoint, labels }: ImageSpec): ImageBlobs {
  const config = jsonBlob({
    architecture: 'amd64',
    os: 'linux',
    config: {
      Env: [PATH],
      ...(entrypoint.length === 0 ? {} : { Entrypoint: entrypoint }),
      Labels: labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: TYPE.manifest,
    config: descriptor(TYPE.config, config),
    layers: layers.map((layer) => descriptor(TYPE.layer, layer)),
  });
  return { name, config, manifest };
}

/** `index.json` of a layout. containerd names an imported image by the annotation. */
export function layoutIndex(images: readonly ImageBlobs[]): Buffer {
  return json({
    schemaVersion: 2,
    manifests: images.map(({ name, manifest }) => ({
      ...descriptor(TYPE.manifest, manifest),
      platform: { architecture: 'amd64', os: 'linux' },
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    })),
  });
}

function descriptor(mediaType: string, { digest, size }: Blob): object {
  return { mediaType, digest: `sha256:${digest}`, size };
}

function jsonBlob(value: object): JsonBlob {
  const content = json(value);
  return { content, size: content.length, digest: createHash('sha256').update(content).digest('hex') };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
