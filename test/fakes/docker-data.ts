import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import type { FileEntry, Labels } from '../../gocli-ts/src/place/interface.ts';

/** True when an object carries all the labels; an empty value asks for the key alone. */
export function matches(own: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => (value === '' ? key in own : own[key] === value));
}

/** Regular files of a tar stream. The daemon puts the file type into the mode, which is left out here. */
export async function unpack(tar: Readable): Promise<FileEntry[]> {
  const files: FileEntry[] = [];
  for await (const entry of tar.pipe(extract())) {
    const content = await buffer(entry);
    if (entry.header.type === 'file')
      files.push({ path: entry.header.name, content, mode: entry.header.mode & 0o7777 });
  }
  return files;
}
