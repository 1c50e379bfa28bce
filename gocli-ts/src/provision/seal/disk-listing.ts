import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import pMap from 'p-map';

/** A regular file of a disk. */
export interface ListedFile {
  /** With a leading slash. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

interface Entry {
  readonly inode: number;
  readonly type: 'file' | 'folder' | 'other';
  readonly name: string;
  readonly size: number;
}

/** The root folder of ext4. */
const ROOT = 2;
/** `ls -p` of debugfs: `/INODE/MODE/UID/GID/NAME/SIZE/`, and no size for a folder. */
const ENTRY = /^\/(\d+)\/(\d{6})\/\d+\/\d+\/([^/]+)\/(\d*)\/$/;
/** Room in a folder that nothing has any more, `/0/000000/0/0//0/`: an entry whose inode is 0 (ext4, ext4_dir_entry). */
const UNUSED = /^\/0\/\d{6}\/\d+\/\d+\/[^/]*\/\d*\/$/;
/** The command that debugfs repeats before its answer. */
const COMMAND = /^debugfs: ls -p <(\d+)>$/;

/** Input of `debugfs -f`: folders by inode, so that no name has to be quoted. */
export function listCommands(inodes: readonly number[]): string {
  return inodes.map((inode) => `ls -p <${inode}>\n`).join('');
}

/**
 * All regular files of an ext4 file system, as its folders name them.
 * @param ask runs {@link listCommands} and returns the output
 * @throws GocliError SEAL when a folder cannot be read, or a name is none that can be looked up
 */
export async function listDisk(ask: (inodes: readonly number[]) => Promise<string>): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for (let level = [{ inode: ROOT, path: '' }]; level.length > 0;) {
    const listings = parseListings(await ask(level.map(({ inode }) => inode)));
    level = level.flatMap(({ inode, path }) => {
      const entries = listings.get(inode) ?? [];
      // Each folder at least names itself.
      if (entries.length === 0) throw unread(`the folder ${path}/ cannot be listed`);
      const named = entries.filter(({ name }) => name !== '.' && name !== '..');
      for (const { type, name, size } of named)
        if (type === 'file') files.push({ path: `${path}/${name}`, size });
      return named
        .filter(({ type }) => type === 'folder')
        .map((folder) => ({ inode: folder.inode, path: `${path}/${folder.name}` }));
    });
  }
  return files;
}

/** Entries of each folder that was asked for. */
function parseListings(text: string): Map<number, Entry[]> {
  const listings = new Map<number, Entry[]>();
  let current: Entry[] = [];
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, folder] = COMMAND.exec(line) ?? [];
    if (folder !== undefined) {
      current = [];
      listings.set(Number(folder), current);
      continue;
    }
    if (UNUSED.test(line)) continue;
    const [, inode, mode, name = '', size] = ENTRY.exec(line) ?? [];
    if (inode === undefined || mode === undefined) throw unread(`debugfs lists "${line}"`);
    current.push({ inode: Number(inode), type: typeOf(mode), name, size: Number(size) });
  }
  return listings;
}

/** From the mode in octal digits (stat(2), S_IFMT). */
function typeOf(mode: string): Entry['type'] {
  const format = Number.parseInt(mode, 8) & 0o170000;
  if (format === 0o100000) return 'file';
  return format === 0o040000 ? 'folder' : 'other';
}

/**
 * Makes sure that a tree holds files whole. debugfs tells of what it could not write, and ends with exit code 0.
 * @throws GocliError SEAL naming files that are missing or shorter
 */
export async function requireWhole(tree: string, files: readonly ListedFile[]): Promise<void> {
  const lacking = await pMap(
    files,
    async ({ path, size }) => {
      const found = await lstat(join(tree, path)).catch(() => undefined);
      return found?.isFile() === true && found.size === size ? [] : [path];
    },
    { concurrency: 32 },
  );
  const all = lacking.flat();
  if (all.length === 0) return;
  throw unread(`${all.length} of ${files.length} files of it were not extracted whole`, all);
}

function unread(what: string, paths: readonly string[] = []): GocliError {
  return new GocliError('SEAL', `the disk cannot have been searched: ${what}`, {
    ...(paths.length === 0 ? {} : { observed: paths.slice(0, 10).join('\n') }),
    hint: 'Is there room where results are kept? (df -h)',
  });
}
