import type { Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { GocliError, messageOf } from '../errors/error.ts';
import { onFile } from '../errors/file-error.ts';
import { openPipe } from '../host/pipes.ts';
import { contentOf, spool } from '../host/spool.ts';
import { formatBytes, MIB } from '../shared/size.ts';
import { badArchive } from './bad-archive.ts';

/** A tar archive of images that can be read more than once. */
export interface ArchiveSource extends AsyncDisposable {
  /** For messages: a path, `the archive on stdin`. */
  readonly name: string;
  /** The archive from its beginning, uncompressed. */
  open(): Readable;
}

/** Bytes that tell what a file is, and what they tell (file(1)). */
const COMPRESSED: readonly (readonly [magic: string, program: string])[] = [
  ['1f8b', 'gzip'],
  ['28b52ffd', 'zstd'],
  ['fd377a585a00', 'xz'],
  ['425a68', 'bzip2'],
];
const MAGIC_BYTES = 6;

/** Programs shrink less than that; only bytes that are all alike shrink more. */
const MOST_SHRUNK = 200;
/** Bytes of which no proportion says anything. */
const LITTLE = 64 * MIB;

/**
 * An archive in a file of the user. What is no plain file, such as a pipe, is read to its end first.
 * @param spoolFolder for what cannot be read twice
 * @throws GocliError FILE, DISK_FULL, BAD_ARCHIVE; the signal's reason
 */
export async function fileSource(
  path: string,
  spoolFolder: string,
  signal: AbortSignal,
): Promise<ArchiveSource> {
  const opened = await onFile({ path, done: 'read' }, async () => {
    const stats = await stat(path);
    refuseOdd(path, stats);
    return stats.isFile() ? await open(path) : openPipe(path);
  });
  return opened instanceof Readable
    ? streamSource(opened, path, spoolFolder, signal)
    : ofFile(opened, path, spoolFolder, signal);
}

function refuseOdd(path: string, stats: Stats): void {
  if (stats.isFile() || stats.isFIFO()) return;
  const what = stats.isDirectory() ? 'a folder' : 'a device or socket';
  throw new GocliError('FILE', `${path} is ${what}, not an archive`, {
    hint: stats.isDirectory() ? `Of an OCI layout: tar -C ${path} -c . | gocli load -` : undefined,
  });
}

/** An archive that comes as a stream; it is read to its end first. @throws as {@link fileSource} */
export async function streamSource(
  stream: Readable,
  name: string,
  spoolFolder: string,
  signal: AbortSignal,
): Promise<ArchiveSource> {
  const file = await spool(spoolFolder, stream, signal);
  return ofFile(file, name, spoolFolder, signal);
}

async function ofFile(
  file: FileHandle,
  name: string,
  spoolFolder: string,
  signal: AbortSignal,
): Promise<ArchiveSource> {
  try {
    const program = compressionOf(await firstBytes(file, name));
    if (program === undefined) return plain(file, name);
    if (program !== 'gzip') {
      throw badArchive(name, `is compressed with ${program}`, {
        hint: `Type: ${program} -dc FILE | gocli load -`,
      });
    }
    const whole = await gunzipped(file, name, spoolFolder, signal);
    await file.close();
    return plain(whole, name);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}

function plain(file: FileHandle, name: string): ArchiveSource {
  return {
    name,
    open: () => contentOf(file),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** @throws GocliError BAD_ARCHIVE for an empty file, FILE */
async function firstBytes(file: FileHandle, name: string): Promise<Buffer> {
  const buffer = Buffer.alloc(MAGIC_BYTES);
  const { bytesRead } = await onFile({ path: name, done: 'read' }, () =>
    file.read(buffer, 0, MAGIC_BYTES, 0),
  );
  if (bytesRead > 0) return buffer.subarray(0, bytesRead);
  throw badArchive(name, 'is empty', {
    hint: 'Look whether the program that was to write it failed. Type for example: docker save IMAGE | gocli load -',
  });
}

/** Name of the program that compressed what begins with these bytes; undefined for nothing that is known. */
export function compressionOf(head: Uint8Array): string | undefined {
  const hex = Buffer.from(head).toString('hex');
  return COMPRESSED.find(([magic]) => hex.startsWith(magic))?.[1];
}

async function gunzipped(
  file: FileHandle,
  name: string,
  spoolFolder: string,
  signal: AbortSignal,
): Promise<FileHandle> {
  const { size } = await file.stat();
  const limit = Math.max(LITTLE, size * MOST_SHRUNK);
  const unzipped = createGunzip({ chunkSize: MIB });
  const fed = pipeline(contentOf(file), unzipped, { signal });
  // What goes wrong with it, its reader is told.
  fed.catch(() => undefined);
  try {
    return await spool(spoolFolder, unzipped, signal, (bytes) => {
      if (bytes > limit) throw tooMuch(limit, name);
    });
  } catch (error) {
    if (error instanceof GocliError || signal.aborted) throw error;
    throw badArchive(name, 'is damaged: its gzip stream cannot be read', { observed: messageOf(error) });
  }
}

function tooMuch(limit: number, name: string): GocliError {
  return badArchive(name, `unpacks to more than ${formatBytes(limit)}, ${MOST_SHRUNK} times its size`, {
    hint: 'If it is meant to be so, unpack it first: gzip -dc FILE | gocli load -',
  });
}
