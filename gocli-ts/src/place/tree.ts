import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header, pack, type Pack } from 'tar-stream';
import { GocliError } from '../errors/error.ts';

/** One entry of a file tree. Paths have no leading or trailing slash. Everything belongs to root. */
export type TreeEntry = {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
} & (
  | { readonly type: 'directory' }
  | { readonly type: 'file'; readonly content: Buffer | HostFile }
  | { readonly type: 'symlink'; readonly target: string }
);

/** A file on this host that is too big for memory. */
export interface HostFile {
  readonly path: string;
  readonly size: number;
}

/** A tar stream that depends on nothing but the entries and their order: times are zero, owners are root. */
export function packTree(entries: readonly TreeEntry[]): Readable {
  const archive = pack();
  // An error of one entry has to end the stream, and with it whoever reads it.
  void packAll(archive, entries).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.from(archive);
}

/**
 * Directories, files and symbolic links of a tar stream, in its order. Device nodes are left out.
 * @throws GocliError INTERNAL for a hard link, which no tree here has
 */
export async function readTree(tar: Readable): Promise<TreeEntry[]> {
  const archive = extract();
  const fed = pipeline(tar, archive);
  // Awaited in the end; until then the loop reports what goes wrong.
  fed.catch(() => undefined);
  const entries: TreeEntry[] = [];
  for await (const entry of archive) {
    const read = toTreeEntry(entry.header, await buffer(entry));
    if (read !== undefined) entries.push(read);
  }
  await fed;
  return entries;
}

async function packAll(archive: Pack, entries: readonly TreeEntry[]): Promise<void> {
  for (const entry of entries) await packEntry(archive, entry);
  archive.finalize();
}

async function packEntry(archive: Pack, entry: TreeEntry): Promise<void> {
  const header = { name: entry.path, mode: entry.mode, uid: 0, gid: 0, mtime: new Date(0) };
  if (entry.type === 'directory') {
    archive.entry({ ...header, name: `${entry.path}/`, type: 'directory' });
  } else if (entry.type === 'symlink') {
    archive.entry({ ...header, type: 'symlink', linkname: entry.target });
  } else if (Buffer.isBuffer(entry.content)) {
    archive.entry(header, entry.content);
  } else {
    const { path, size } = entry.content;
    await pipeline(createReadStream(path), archive.entry({ ...header, size }));
  }
}

function toTreeEntry(header: Header, content: Buffer): TreeEntry | undefined {
  const path = header.name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  const mode = header.mode & 0o7777;
  switch (header.type) {
    case 'directory':
      return { path, mode, type: 'directory' };
    case 'file':
      return { path, mode, type: 'file', content };
    case 'symlink':
      return { path, mode, type: 'symlink', target: header.linkname };
    case 'link':
      throw new GocliError('INTERNAL', `${header.name} is a hard link`);
    default:
      return undefined;
  }
}
