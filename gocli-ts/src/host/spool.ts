import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { onFile } from '../errors/file-error.ts';
import { makeFolder } from './atomic-files.ts';

/** Bytes that are read at a time. */
const CHUNK = 1024 ** 2;

/**
 * Keeps a stream in a file without a name, so that it can be read more than once. The kernel frees its space when the
 * file is closed or the process ends, however it ends.
 * @param folder where there is room for it
 * @param check may refuse so many bytes by throwing
 * @throws GocliError FILE, DISK_FULL naming the folder; what the stream and the check throw; the signal's reason
 */
export async function spool(
  folder: string,
  stream: Readable,
  signal: AbortSignal,
  check: (bytes: number) => void = () => undefined,
): Promise<FileHandle> {
  // It may break off before it is read; the pipeline tells of that, too.
  stream.on('error', () => undefined);
  await makeFolder(folder);
  const path = join(folder, `spool-${randomUUID()}`);
  const work = { path: folder, done: 'written' } as const;
  const file = await onFile(work, async () => {
    const opened = await open(path, 'wx+', 0o600);
    await unlink(path);
    return opened;
  });
  try {
    let bytes = 0;
    // A stream of a handle closes it, whatever it is told, when a pipeline destroys that stream.
    const keep = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        check(bytes);
        await file.appendFile(chunk);
      }
    };
    await onFile(work, () => pipeline(stream, keep, { signal }));
    return file;
  } catch (error) {
    await file.close();
    signal.throwIfAborted();
    throw error;
  }
}

/** What a file holds, from its beginning. The file stays open. */
export function contentOf(file: FileHandle): Readable {
  return Readable.from(chunksOf(file), { objectMode: false });
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
