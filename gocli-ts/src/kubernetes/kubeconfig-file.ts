import { mkdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { GocliError } from '../errors/error.ts';
import { readIfThere, writeAtomic } from '../host/files.ts';
import { mergeKubeconfig, unmergeKubeconfig } from './kubeconfig-merge.ts';

/** About 10 s in all: as long as another writer may hold the lock. */
const RETRIES = { retries: 50, factor: 1, minTimeout: 200, maxTimeout: 200 };

/** The kubeconfig that kubectl would write to: the first file of $KUBECONFIG, else ~/.kube/config. */
export function defaultKubeconfig(env: Readonly<Record<string, string | undefined>>): string {
  const first = (env['KUBECONFIG'] ?? '').split(delimiter).find((file) => file !== '');
  return first ?? join(env['HOME'] ?? homedir(), '.kube', 'config');
}

/** Merges a cluster's kubeconfig into a file. @throws GocliError BAD_FILE, CONFLICT, LOCKED */
export async function mergeIntoFile(file: string, added: string, name: string): Promise<void> {
  await change(file, (text) => mergeKubeconfig(text, added, name));
}

/**
 * Takes a cluster's context out of a file; what is not there is fine.
 * @returns true when something was taken out
 * @throws GocliError BAD_FILE, LOCKED
 */
export async function unmergeFromFile(file: string, name: string): Promise<boolean> {
  // Without this look every `rm` would make a folder and a lock beside a file that does not concern it.
  const text = await readIfThere(file);
  if (text === undefined || unmergeKubeconfig(text, name) === undefined) return false;
  return change(file, (now) => unmergeKubeconfig(now, name));
}

/** Reads, changes and replaces a file under a lock, mode 0600. A symbolic link stays one. */
async function change(file: string, edit: (text: string) => string | undefined): Promise<boolean> {
  const path = await realpath(file).catch(() => file);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const release = await takeLock(path);
  try {
    const text = (await readIfThere(path)) ?? '';
    const next = edit(text);
    if (next !== undefined && next !== text) await writeAtomic(path, next, 0o600);
    return next !== undefined;
  } catch (error) {
    if (error instanceof GocliError && error.code === 'BAD_FILE') {
      throw new GocliError('BAD_FILE', `${path}: ${error.message}`, {
        cause: error,
        hint: 'Nothing was changed in it.',
      });
    }
    throw error;
  } finally {
    await release();
  }
}

/** The lock is `<file>.lock`, which is kubectl's own: neither takes it while the other holds it. */
async function takeLock(path: string): Promise<() => Promise<void>> {
  try {
    return await lock(path, { realpath: false, retries: RETRIES });
  } catch (error) {
    throw new GocliError('LOCKED', `${path} is locked by another process`, {
      cause: error,
      hint: `If none is at work on it, remove ${path}.lock`,
    });
  }
}
