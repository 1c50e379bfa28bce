import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { packTree, type TreeEntry } from '../../place/tree.ts';
import { type Blob, type ImageBlobs, layoutIndex } from './image.ts';

/** A layer as an uncompressed tar file. */
export interface LayerFile extends Blob {
  readonly path: string;
}

/** Writes a layer into `folder` under its digest. */
export async function writeLayer(
  folder: string,
  entries: readonly TreeEntry[],
  signal: AbortSignal,
): Promise<LayerFile> {
  const hash = createHash('sha256');
  let size = 0;
  const unnamed = join(folder, 'layer.part');
  const count = async function* (tar: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of tar as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  await pipeline(packTree(entries), count, createWriteStream(unnamed), { signal });
  const digest = hash.digest('hex');
  const path = join(folder, digest);
  await rename(unnamed, path);
  return { digest, size, path };
}

/** Writes images that may share layers as one tar archive with an OCI layout in it (image-spec, image-layout.md). */
export async function writeLayout(
  file: string,
  images: readonly ImageBlobs[],
  layers: readonly LayerFile[],
  signal: AbortSignal,
): Promise<void> {
  await pipeline(packTree(layoutEntries(images, layers)), createWriteStream(file), { signal });
}

/** Pure part of {@link writeLayout}. */
function layoutEntries(images: readonly ImageBlobs[], layers: readonly LayerFile[]): TreeEntry[] {
  const blobs = new Map<string, Buffer | LayerFile>();
  for (const layer of layers) blobs.set(layer.digest, layer);
  for (const { config, manifest } of images) {
    blobs.set(config.digest, config.content).set(manifest.digest, manifest.content);
  }
  const file = (path: string, content: Buffer | LayerFile): TreeEntry => ({
    path,
    mode: 0o644,
    type: 'file',
    content,
  });
  const folder = (path: string): TreeEntry => ({ path, mode: 0o755, type: 'directory' });
  return [
    file('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')),
    file('index.json', layoutIndex(images)),
    folder('blobs'),
    folder('blobs/sha256'),
    ...[...blobs]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([digest, content]) => file(`blobs/sha256/${digest}`, content)),
  ];
}
