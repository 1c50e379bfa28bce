import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import {
  chmod,
  constants,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno, onFile } from '../errors/file-error.ts';

/**
 * Makes a folder and those above it. Node's own recursive mkdir never ends below a folder that answers ENOENT to what
 * is made in it, as /proc does, and keeps the process from ending, too (nodejs/node, src/node_file.cc, MKDirpAsync).
 * @param mode of those that are made
 * @throws GocliError FILE, DISK_FULL naming the folder
 */
export async function makeFolder(path: string, mode = 0o700): Promise<void> {
  await onFile({ path, done: 'created' }, async () => {
    try {
      await makeOne(path, mode);
    } catch (error) {
      if (!isErrno(error, 'ENOENT') || dirname(path) === path) throw error;
      await makeFolder(dirname(path), mode);
      await makeOne(path, mode);
    }
  });
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (!isErrno(error, 'EEXIST') || !(await stat(path)).isDirectory()) throw error;
  }
}

/**
 * Writes a file so that a reader sees the old content or the new, never a part. Folders are made with mode 0700.
 * @throws GocliError FILE, DISK_FULL naming the file
 */
export async function writeAtomic(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
  await replaceBy(path, mode, async (temporary) => {
    await using file = await open(temporary, 'wx', mode);
    await file.writeFile(content);
    await file.sync();
  });
}

/** Copies a file in the same way: a program that runs goes on with the old content. @throws GocliError as above */
export async function copyAtomic(from: string, path: string, mode: number): Promise<void> {
  await replaceBy(path, mode, (temporary) => copyFile(from, temporary, constants.COPYFILE_EXCL));
}

async function replaceBy(
  path: string,
  mode: number,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  await makeFolder(dirname(path));
  await onFile({ path, done: 'written' }, async () => {
    await viaTemporary(path, async (temporary) => {
      await make(temporary);
      // The umask may have taken bits away that the caller asked for.
      await chmod(temporary, mode);
      await rename(temporary, path);
    });
  });
}

/** Files of this process that nobody else removes. */
const unfinished = new Set<string>();
let watching = false;

/**
 * Has a file of this process removed when the process ends meanwhile (a second Ctrl-C).
 * @returns what says that it is no more of this process, or gone
 */
export function removeAtExit(path: string): () => void {
  if (!watching) {
    watching = true;
    process.on('exit', () => {
      for (const each of unfinished) rmSync(each, { force: true });
    });
  }
  unfinished.add(path);
  return () => {
    unfinished.delete(path);
  };
}

/**
 * Gives work the name of a temporary file beside a file. Nothing is left under that name when the work fails, nor when
 * the process ends meanwhile; what SIGKILL leaves goes with {@link sweepTemporary}.
 */
export async function viaTemporary(path: string, work: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  const settled = removeAtExit(temporary);
  try {
    await work(temporary);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    settled();
  }
}

const TEMPORARY = /\.[0-9a-f]{8}\.tmp$/;
/** No file here takes so long to write, milliseconds. */
const ABANDONED_MS = 3_600_000;

/** Removes the temporary files in a folder that processes left behind. What cannot be removed stays. */
export async function sweepTemporary(folder: string, now: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => TEMPORARY.test(name)).map((name) => join(folder, name));
  for (const file of files) {
    const written = (await stat(file).catch(() => undefined))?.mtimeMs ?? now;
    if (now - written > ABANDONED_MS) await rm(file, { force: true }).catch(() => undefined);
  }
}

/** Whether there is something at a path that can be looked at; links are followed. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/**
 * A file's text, or undefined when it does not exist. A pipe is empty: nobody may be there to write into it.
 * @throws GocliError FILE naming the file
 */
export async function readIfThere(path: string): Promise<string | undefined> {
  return onFile({ path, done: 'read' }, async () => {
    try {
      return await readFile(path, { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NONBLOCK });
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  });
}
