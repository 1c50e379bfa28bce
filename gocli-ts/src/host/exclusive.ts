import { rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';
import { GocliError } from '../errors/error.ts';
import { isErrno } from '../errors/file-error.ts';
import { makeFolder, readIfThere } from './atomic-files.ts';
import type { Clock } from '../shared/clock.ts';

/** A lock whose owner has not renewed it for so long (a killed process) is taken over. */
const STALE_MS = 15_000;
const POLL_MS = 500;

export interface ExclusiveOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once, with the id of the process that is waited for. */
  readonly onWait: (pid: string) => void;
}

/**
 * Holds a lock file until disposed of; waits while another process has it.
 * @throws GocliError LOCKED when the lock was lost (the process was suspended and another took over)
 */
export async function exclusively<T>(
  file: string,
  options: ExclusiveOptions,
  work: () => Promise<T>,
): Promise<T> {
  await makeFolder(dirname(file));
  const state = { lost: false };
  const release = await acquire(file, options, state);
  try {
    await writeFile(`${file}.pid`, process.pid.toFixed(0));
    const result = await work();
    if (state.lost) throw new GocliError('LOCKED', `${file} was taken over by another process meanwhile`);
    return result;
  } finally {
    if (!state.lost) {
      // What was done is done. A lock that cannot be removed any more is taken over once it is stale.
      await rm(`${file}.pid`, { force: true }).catch(() => undefined);
      await release().catch(() => undefined);
    }
  }
}

async function acquire(
  file: string,
  options: ExclusiveOptions,
  state: { lost: boolean },
): Promise<() => Promise<void>> {
  const { clock, signal, onWait } = options;
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    try {
      const onCompromised = (): void => {
        state.lost = true;
      };
      return await lock(file, { realpath: false, stale: STALE_MS, onCompromised });
    } catch (error) {
      if (!isErrno(error, 'ELOCKED')) throw error;
    }
    if (!told) onWait((await readIfThere(`${file}.pid`)) ?? 'unknown');
    told = true;
    await clock.sleep(POLL_MS, signal);
  }
}
