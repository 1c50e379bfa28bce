import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { GocliError, messageOf } from '../errors/error.ts';
import { walkTar, type WalkedEntry } from '../place/walk-tar.ts';
import { formatBytes, MIB } from '../shared/size.ts';
import { badArchive, shown } from './bad-archive.ts';
import { compressionOf, type ArchiveSource } from './source.ts';

/** A file of an archive. */
export interface ArchivedFile {
  /** Where its content is. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** `gzip`, `zstd` …; undefined for what is not compressed. */
  readonly compression: string | undefined;
  /** Of a small file that may be JSON. */
  readonly content?: Buffer;
  /** `sha256:…`, of a compressed file whose name does not say it. */
  readonly digest?: string;
}

/** Files by the names that an archive has for them, those of links included. */
export type ArchivedFiles = ReadonlyMap<string, ArchivedFile>;

/** Of all archives that tools write, a few per layer; what has more only costs memory. */
const MOST_ENTRIES = 20_000;
/** What a registry takes of a manifest (distribution, registry/handlers/manifests.go), and more than any config has. */
const LARGEST_JSON = 4 * MIB;
/** Bytes of all JSON of one archive. */
const MOST_JSON = 64 * MIB;
/** Links that lead to links. */
const LONGEST_CHAIN = 8;

/** Where an OCI layout has the content of a digest (image-spec, image-layout.md). */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

const BLOB = /^blobs\/sha256\/[0-9a-f]{64}$/;

/**
 * Reads through an archive and tells what is in it. Nothing of it is written anywhere.
 * @throws GocliError BAD_ARCHIVE for what is no archive, is truncated, leads out of itself or has too much in it
 */
export async function archivedFiles(source: ArchiveSource, signal: AbortSignal): Promise<ArchivedFiles> {
  const reading = new Reading(source.name);
  await inArchive(source, signal, (entry, content) => reading.take(entry, content));
  return reading.files();
}

/** Reads an archive; what is wrong with it as a tar archive is said as such. */
export async function inArchive(
  source: ArchiveSource,
  signal: AbortSignal,
  visit: (entry: WalkedEntry, content: Readable) => Promise<'on' | 'enough'>,
): Promise<void> {
  try {
    await walkTar(source.open(), signal, visit);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GocliError || isSystemError(error)) throw error;
    throw badArchive(source.name, 'is no tar archive, or is truncated', { observed: messageOf(error) });
  }
}

/** tar-stream's errors have no code. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** A name without what means nothing in it. @throws GocliError BAD_ARCHIVE when it leads out of the archive */
export function entryPath(name: string, archive: string): string {
  const path = posix.normalize(name).replace(/^\.\//, '').replace(/\/+$/, '');
  if (!path.startsWith('/') && path !== '..' && !path.startsWith('../')) return path;
  throw badArchive(archive, `has an entry that leads out of it: ${shown(name)}`);
}

class Reading {
  readonly #archive: string;
  readonly #files = new Map<string, ArchivedFile>();
  readonly #links = new Map<string, string>();
  #entries = 0;
  #jsonBytes = 0;

  constructor(archive: string) {
    this.#archive = archive;
  }

  async take(entry: WalkedEntry, content: Readable): Promise<'on'> {
    this.#entries += 1;
    if (this.#entries > MOST_ENTRIES)
      throw badArchive(this.#archive, `has more than ${MOST_ENTRIES} entries`);
    const path = entryPath(entry.name, this.#archive);
    if (entry.type === 'file') this.#files.set(path, await this.#look(path, entry.size, content));
    const { target } = entry;
    // docker save writes a layer that several images have once, and links (moby, image/tarexport/save.go).
    if (entry.type === 'symlink')
      this.#link(path, target.startsWith('/') ? target : posix.join(posix.dirname(path), target));
    if (entry.type === 'hardlink') this.#link(path, target);
    return 'on';
  }

  #link(path: string, target: string): void {
    this.#links.set(path, entryPath(target, this.#archive));
  }

  async #look(path: string, size: number, content: Readable): Promise<ArchivedFile> {
    let head: Buffer | undefined;
    let compression: string | undefined;
    const kept: Buffer[] = [];
    const hash = createHash('sha256');
    for await (const chunk of content as AsyncIterable<Buffer>) {
      if (head === undefined) {
        head = chunk;
        compression = compressionOf(chunk);
      }
      if (size <= LARGEST_JSON && isJson(head)) kept.push(chunk);
      if (compression !== undefined && !BLOB.test(path)) hash.update(chunk);
    }
    const file = { path, size, compression };
    if (compression !== undefined && !BLOB.test(path))
      return { ...file, digest: `sha256:${hash.digest('hex')}` };
    if (kept.length === 0) return file;
    this.#jsonBytes += size;
    if (this.#jsonBytes > MOST_JSON)
      throw badArchive(this.#archive, `has more than ${formatBytes(MOST_JSON)} of JSON`);
    return { ...file, content: Buffer.concat(kept) };
  }

  files(): ArchivedFiles {
    const all = new Map(this.#files);
    for (const link of this.#links.keys()) {
      const found = this.#follow(link);
      if (found !== undefined && !all.has(link)) all.set(link, found);
    }
    return all;
  }

  /** What a link leads to; undefined when that is not there, or is a circle. */
  #follow(link: string): ArchivedFile | undefined {
    let path = link;
    for (let chain = 0; chain < LONGEST_CHAIN; chain += 1) {
      const next = this.#links.get(path);
      if (next === undefined) break;
      path = next;
    }
    return this.#files.get(path);
  }
}

function isJson(head: Buffer): boolean {
  return head[0] === 0x7b || head[0] === 0x5b;
}
