import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import type { ArchiveSource } from '../../gocli-ts/src/images/source.ts';

/** An entry of a tar archive: a file, or anything else by its header. */
export type Entry = readonly [name: string, content: Buffer | string, header?: Partial<Header>];

export async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const [name, content, header] of entries) archive.entry({ name, ...header }, content);
  archive.finalize();
  return buffer(archive);
}

export function digestOf(content: Buffer | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

export function blob(content: Buffer | string): Entry {
  return [`blobs/${digestOf(content).replace(':', '/')}`, content];
}

/** A layer of one file. */
export function layer(text: string): Promise<Buffer> {
  return tar([['file', text]]);
}

interface Platform {
  readonly os: string;
  readonly architecture: string;
}

export const AMD64: Platform = { os: 'linux', architecture: 'amd64' };
export const ARM64: Platform = { os: 'linux', architecture: 'arm64' };

export function config(layers: readonly Buffer[], platform: Platform = AMD64): string {
  return JSON.stringify({
    ...platform,
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
  });
}

/** What `docker save` of before version 25 writes. */
export function dockerEntries(
  layers: readonly Buffer[],
  tags: readonly string[] | null = ['foo:1'],
  platform: Platform = AMD64,
): Entry[] {
  const about = config(layers, platform);
  const path = `${digestOf(about).slice(7)}.json`;
  const paths = layers.map((_, at) => `${String(at).repeat(64)}/layer.tar`);
  return [
    [path, about],
    ...layers.map((content, at): Entry => [paths[at] ?? '', content]),
    ['manifest.json', JSON.stringify([{ Config: path, RepoTags: tags, Layers: paths }])],
  ];
}

export interface OciImage {
  readonly entries: readonly Entry[];
  /** For an index. */
  readonly descriptor: { readonly digest: string } & Readonly<Record<string, unknown>>;
}

/** One image of an OCI layout; its layers are compressed. */
export function ociImage(layers: readonly Buffer[], platform: Platform = AMD64): OciImage {
  const about = config(layers, platform);
  const zipped = layers.map((content) => gzipSync(content));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: { digest: digestOf(about), size: about.length },
    layers: zipped.map((content) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: digestOf(content),
      size: content.length,
    })),
  });
  return {
    entries: [about, manifest, ...zipped].map(blob),
    descriptor: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: digestOf(manifest),
      size: manifest.length,
      platform,
    },
  };
}

/** An index over images of several platforms. */
export function ociIndex(images: readonly OciImage[]): OciImage {
  const index = JSON.stringify({ schemaVersion: 2, manifests: images.map(({ descriptor }) => descriptor) });
  return {
    entries: [...images.flatMap(({ entries }) => entries), blob(index)],
    descriptor: {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest: digestOf(index),
      size: index.length,
    },
  };
}

/** A layout with these images. @param name annotation of each */
export function ociLayout(images: readonly OciImage[], name = 'docker.io/library/foo:1'): Entry[] {
  const annotations = { 'io.containerd.image.name': name };
  const manifests = images.map(({ descriptor }) => ({ ...descriptor, annotations }));
  return [
    ...images.flatMap(({ entries }) => entries),
    ['oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' })],
    ['index.json', JSON.stringify({ schemaVersion: 2, manifests })],
  ];
}

/** An archive in memory. */
export function sourceOf(content: Buffer, name = 'archive'): ArchiveSource {
  return {
    name,
    open: () => Readable.from([content]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
