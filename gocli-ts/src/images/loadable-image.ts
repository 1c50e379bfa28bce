import { createHash } from 'node:crypto';
import type { GocliError } from '../errors/error.ts';
import { badArchive, shown } from './bad-archive.ts';

/** Content that a registry holds under its digest. */
export interface Blob {
  /** `sha256:…` */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** Content, and where an archive has it; without a path the registry has it already. */
export interface ArchivedBlob extends Blob {
  readonly path?: string;
  /** Of a layer, where it is known. */
  readonly compression?: LayerCompression;
}

export interface Manifest extends Blob {
  readonly mediaType: string;
  readonly content: Buffer;
}

/** An image that can be brought to a registry. */
export interface LoadableImage {
  /** Full names: `docker.io/library/foo:1`. */
  readonly names: readonly string[];
  readonly manifest: Manifest;
  /** Config and layers. */
  readonly blobs: readonly ArchivedBlob[];
}

/** Types of image-spec v1.1. */
export const MEDIA = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

/** How a layer may be compressed for containerd; undefined for not at all. */
export type LayerCompression = 'gzip' | 'zstd' | undefined;

/** The manifest of an image of these blobs; equal images have equal ones. */
export function manifestOf(
  config: Blob,
  layers: readonly (Blob & { readonly compression?: LayerCompression })[],
): Manifest {
  const content = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA.manifest,
      config: { mediaType: MEDIA.config, digest: config.digest, size: config.size },
      layers: layers.map(({ digest, size, compression }) => ({
        mediaType: compression === undefined ? MEDIA.layer : `${MEDIA.layer}+${compression}`,
        digest,
        size,
      })),
    }),
  );
  return { mediaType: MEDIA.manifest, content, digest: digestOf(content), size: content.length };
}

export function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

/** What the nodes are. */
const PLATFORM: Platform = { os: 'linux', architecture: 'amd64' };

export function fitsNodes({ os, architecture }: Platform): boolean {
  return os === PLATFORM.os && architecture === PLATFORM.architecture;
}

/**
 * The error for an image that is for none of the nodes.
 * @param what the image or archive
 * @param platforms that it is for
 */
export function wrongPlatform(what: string, platforms: readonly Platform[]): GocliError {
  const words = [...new Set(platforms.map(wordsOf))].map((word) => shown(word)).join(', ');
  return badArchive(what, `is not for ${wordsOf(PLATFORM)}, which the nodes are`, {
    observed: `it is for ${words === '' ? 'nothing' : words}`,
    hint: `Build it for them, for example: docker buildx build --platform ${wordsOf(PLATFORM)}`,
  });
}

function wordsOf({ os, architecture }: Platform): string {
  return `${os}/${architecture}`;
}
