import { execFile as execFileOf } from 'node:child_process';
import type { Stats } from 'node:fs';
import {
  access,
  constants,
  lstat,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { GocliError, messageOf } from '../errors/error.ts';
import { isErrno, onFile } from '../errors/file-error.ts';
import type { Clock } from '../shared/clock.ts';
import { quote } from '../shared/quote.ts';
import { makeFolder, removeAtExit, viaTemporary } from './atomic-files.ts';

/** What a wait for a lock needs from outside. */
export interface LockDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Milliseconds that another writer may take. kubectl holds its lock for some. */
const PATIENCE_MS = 10_000;
const POLL_MS = 50;
/** Whoever made a lock that is older, milliseconds, does not work any more. */
const ABANDONED_MS = 60_000;
/** As many links as Linux follows (path_resolution(7)). */
const MOST_LINKS = 40;

const execFile = promisify(execFileOf);

/**
 * Text of a file that belongs to the user.
 * @returns undefined when it does not exist, nothing for /dev/null
 * @throws GocliError FILE naming the file when it cannot be read, BAD_FILE when it is no file or no UTF-8
 */
export async function readUserFile(path: string): Promise<string | undefined> {
  return onFile({ path, done: 'read' }, async () => {
    const stats = await statIfThere(path);
    if (stats === undefined) return undefined;
    // A device other than /dev/null, or a pipe, may never end.
    if (stats.isCharacterDevice() && stats.rdev === (await statIfThere('/dev/null'))?.rdev) return '';
    refuseOddFile(path, stats);
    const bytes = await readFile(path);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (error) {
      throw new GocliError('BAD_FILE', `${path} is not UTF-8 text`, { cause: error });
    }
  });
}

/**
 * True for what can hold text of ours: not for a device, a pipe, a socket, a folder or nothing.
 * @throws GocliError FILE naming the file where nobody can say what is there
 */
export async function isPlainFile(path: string): Promise<boolean> {
  return onFile({ path, done: 'read' }, async () => {
    try {
      return (await stat(path)).isFile();
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return false;
      throw error;
    }
  });
}

/**
 * Changes a file that belongs to the user, as other programs expect: under the lock that client-go takes, through
 * symbolic links, with owner and permissions kept. It is replaced as a whole; only where that cannot be (a bind mount, a
 * folder that cannot be written, hard links) it is written in place. A new file is for its owner alone.
 * @param edit gets the text, nothing for a file that does not exist; undefined leaves it as it is
 * @param secret takes away what others may do with the file, since it comes to hold a key
 * @returns true when there was something to change
 * @throws GocliError FILE, DISK_FULL, BAD_FILE, LOCKED naming the file, and what `edit` throws
 */
export async function changeUserFile(
  path: string,
  edit: (text: string) => string | undefined,
  { clock, signal }: LockDeps,
  secret: boolean,
): Promise<boolean> {
  return onFile({ path, done: 'written' }, async () => {
    const target = await followLinks(path);
    refuseOddFile(path, await statIfThere(target));
    // The folder may be a link that leads to nothing yet, too.
    await makeFolder(await followLinks(dirname(target)));
    const release = await takeLock(path, clock, signal);
    try {
      const text = (await readUserFile(target)) ?? '';
      const next = edit(text);
      if (next !== undefined && next !== text) await write(target, next, secret);
      return next !== undefined;
    } finally {
      await release();
    }
  });
}

/** Where a path leads, though there may be nothing yet. */
async function followLinks(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links <= MOST_LINKS; links += 1) {
    const stats = await lstat(target).catch(undefinedIfMissing);
    if (stats?.isSymbolicLink() !== true) return target;
    target = resolve(await realpath(dirname(target)), await readlink(target));
  }
  throw new GocliError('BAD_FILE', `${path} is a symbolic link that leads nowhere`);
}

function refuseOddFile(path: string, stats: Stats | undefined): void {
  if (stats === undefined || stats.isFile()) return;
  const what = stats.isDirectory() ? 'a folder' : stats.isFIFO() ? 'a pipe' : 'a device or socket';
  throw new GocliError('BAD_FILE', `${path} is ${what}, not a file`);
}

/**
 * The lock is `<file>.lock`, which is made and removed (client-go, tools/clientcmd/loader.go, lockFile). client-go never
 * takes over one that was left behind, and so does this: two that take it over at a time would both have it.
 */
async function takeLock(path: string, clock: Clock, signal: AbortSignal): Promise<() => Promise<void>> {
  const lock = `${path}.lock`;
  const deadline = clock.monotonic() + PATIENCE_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      await (await open(lock, 'wx', 0)).close();
      const gone = removeAtExit(lock);
      return async () => {
        await rm(lock, { force: true });
        gone();
      };
    } catch (error) {
      // Nobody else can make one there either, and the file itself may be writable.
      if (isErrno(error, 'EACCES', 'EPERM', 'EROFS')) return () => Promise.resolve();
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const made = (await lstat(lock).catch(undefinedIfMissing))?.mtimeMs ?? clock.now();
    if (clock.now() - made > ABANDONED_MS || clock.monotonic() > deadline) {
      const since = new Date(made).toISOString();
      throw new GocliError('LOCKED', `${path} is locked by another program since ${since}`, {
        hint: `If none is at work on it, remove its lock: rm -f ${quote(lock)}`,
      });
    }
    await clock.sleep(POLL_MS, signal);
  }
}

async function write(target: string, text: string, secret: boolean): Promise<void> {
  const before = await statIfThere(target);
  // A file without the permission to write is not to be replaced either.
  if (before !== undefined) await access(target, constants.W_OK);
  const mode = before === undefined ? 0o600 : before.mode & (secret ? 0o700 : 0o777);
  if (before !== undefined && before.nlink > 1) {
    await writeInPlace(target, text, mode);
    return;
  }
  try {
    await viaTemporary(target, async (temporary) => {
      if (before !== undefined) await copyAttributes(target, temporary);
      await using file = await open(temporary, before === undefined ? 'wx' : 'r+', 0o600);
      if (before !== undefined) await file.chown(before.uid, before.gid);
      // Before there is anything in it that is not for everybody.
      await file.chmod(mode);
      await file.writeFile(text);
      await file.sync();
      await rename(temporary, target);
    });
  } catch (error) {
    const cannotReplace = isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV');
    if (before === undefined || !(cannotReplace || error instanceof NoCopy)) throw error;
    await writeInPlace(target, text, mode);
  }
}

/** There can be no other file with the attributes of one. */
class NoCopy extends Error {}

/**
 * Makes an empty file with owner, permissions, access list and further attributes of another, which only cp(1) copies all
 * of. A mask that is left without its list would be permissions of the group.
 */
async function copyAttributes(from: string, to: string): Promise<void> {
  await execFile('cp', ['--attributes-only', '--preserve=all', '--', from, to]).catch((cause: unknown) => {
    throw new NoCopy(messageOf(cause));
  });
}

/** A disk that gets full on the way must not cost what was there. */
async function writeInPlace(target: string, text: string, mode: number): Promise<void> {
  await using file = await open(target, 'r+');
  const before = await file.readFile();
  const put = async (content: Buffer): Promise<void> => {
    await writeWhole(file, content);
    await file.truncate(content.length);
    await file.sync();
  };
  try {
    // Only the owner may; another one who may write leaves them as they are.
    await file.chmod(mode).catch(() => undefined);
    await put(Buffer.from(text));
  } catch (error) {
    await put(before);
    throw error;
  }
}

/**
 * Writes all of a content at the beginning of a file. One write(2) on a disk that gets full writes less and is no error;
 * the next one is.
 */
export async function writeWhole(file: Pick<FileHandle, 'write'>, content: Buffer): Promise<void> {
  for (let at = 0; at < content.length;) {
    const { bytesWritten } = await file.write(content, at, content.length - at, at);
    if (bytesWritten === 0) throw new GocliError('DISK_FULL', 'the disk took only a part of a file');
    at += bytesWritten;
  }
}

function statIfThere(path: string): Promise<Stats | undefined> {
  return stat(path).catch(undefinedIfMissing);
}

function undefinedIfMissing(error: unknown): undefined {
  if (!isErrno(error, 'ENOENT')) throw error;
}
