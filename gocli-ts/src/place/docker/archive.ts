import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { extract, pack } from 'tar-stream';
import { GocliError } from '../../errors/error.ts';
import type { FileEntry } from '../port.ts';

/** A tar stream of files held in memory. Times are zero, so that equal files give equal archives. */
export function packFiles(files: readonly FileEntry[]): Readable {
  const archive = pack();
  for (const { path, content, mode, uid, gid } of files) {
    archive.entry(
      { name: path, mode: mode ?? 0o644, uid: uid ?? 0, gid: gid ?? 0, mtime: new Date(0) },
      content,
    );
  }
  archive.finalize();
  return Readable.from(archive);
}

/** Content of the regular file that a tar stream begins with. @throws GocliError NOT_FOUND for a folder or a link */
export async function firstFile(tar: Readable, what: string): Promise<Buffer> {
  const archive = extract();
  tar.pipe(archive);
  for await (const entry of archive) {
    if (entry.header.type !== 'file') break;
    const content = await buffer(entry);
    tar.unpipe(archive);
    tar.resume();
    return content;
  }
  tar.destroy();
  throw new GocliError('NOT_FOUND', `${what} is not a file`);
}
