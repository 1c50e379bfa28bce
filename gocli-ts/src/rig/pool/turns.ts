import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../../host/atomic-files.ts';
import { isAlive } from '../../host/is-alive.ts';
import type { Paths } from '../../host/paths.ts';
import { poolFolder } from './pools.ts';

/** Milliseconds after which a start counts as over, whoever has its number now. */
const FORGOTTEN_MS = 3600 * 1000;

const folderOf = (paths: Paths): string => join(poolFolder(paths), 'starting');

/**
 * Says that a cluster is being started in the foreground, until disposed of: nothing is made for a pool meanwhile. What
 * cannot be written costs time alone.
 */
export async function sayStarting(paths: Paths): Promise<AsyncDisposable> {
  const file = join(folderOf(paths), process.pid.toFixed(0));
  await writeAtomic(file, '').catch(() => undefined);
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }).catch(() => undefined) };
}

/** Whether a command is starting a cluster. What killed ones left counts no more. */
export async function isAnyStarting(paths: Paths): Promise<boolean> {
  const names = await readdir(folderOf(paths)).catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  const alive = await Promise.all(pids.map((pid) => isStarting(join(folderOf(paths), pid), Number(pid))));
  return alive.includes(true);
}

async function isStarting(file: string, pid: number): Promise<boolean> {
  const since = (await stat(file).catch(() => undefined))?.mtimeMs;
  if (since === undefined) return false;
  if (isAlive(pid) && Date.now() - since < FORGOTTEN_MS) return true;
  await rm(file, { force: true }).catch(() => undefined);
  return false;
}
