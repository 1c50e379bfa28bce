import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import { GocliError } from '../../errors/error.ts';
import type { FileEntry } from '../interface.ts';

/** A tar stream of files held in memory. Times are zero unless told, so that equal files give equal archives. */
export function packFiles(files: readonly FileEntry[]): Readable {
  const archive = pack();
  for (const { path, content, mode, uid, gid, modified } of files) {
    const type = content === undefined ? 'directory' : 'file';
    archive.entry(
      {
        name: path,
        type,
        mode: mode ?? (type === 'file' ? 0o644 : 0o755),
        uid: uid ?? 0,
        gid: gid ?? 0,
        mtime: new Date(0),
        ...(modified === undefined ? {} : { pax: { mtime: modified } }),
      },
      content ?? '',
    );
  }
  archive.finalize();
  return Readable.from(archive);
}

/**
 * Content of the regular file that a tar stream begins with. The stream is used up or destroyed.
 * @throws GocliError NOT_FOUND for a folder or a link; the stream's error when it breaks off; the signal's reason
 */
export async function firstFile(tar: Readable, what: string, signal?: AbortSignal): Promise<Buffer> {
  const archive = extract();
  // A stream that breaks off breaks the archive off, which the loop then throws.
  const fed = pipeline(tar, archive, signal === undefined ? {} : { signal });
  fed.catch(() => undefined);
  try {
    for await (const entry of archive) {
      if (entry.header.type !== 'file') throw new GocliError('NOT_FOUND', `${what} is not a file`);
      return await buffer(entry);
    }
    await fed;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  throw new GocliError('NOT_FOUND', `${what} is not there`);
}
