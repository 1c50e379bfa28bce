import { randomBytes } from 'node:crypto';
import { chmod, constants, copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file so that a reader sees the old content or the new, never a part. Folders are made with mode 0700. */
export async function writeAtomic(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
  await replaceBy(path, mode, async (temporary) => {
    await using file = await open(temporary, 'wx', mode);
    await file.writeFile(content);
    await file.sync();
  });
}

/** Copies a file in the same way: a program that runs goes on with the old content. */
export async function copyAtomic(from: string, path: string, mode: number): Promise<void> {
  await replaceBy(path, mode, (temporary) => copyFile(from, temporary, constants.COPYFILE_EXCL));
}

async function replaceBy(
  path: string,
  mode: number,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await make(temporary);
    // The umask may have taken bits away that the caller asked for.
    await chmod(temporary, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A file's text, or undefined when it does not exist. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
