import { join } from 'node:path';
import pMap from 'p-map';
import { GocliError, messageOf } from '../../errors/error.ts';
import { makeFolder, writeAtomic } from '../../host/atomic-files.ts';
import { abortReason } from '../../shared/clock.ts';
import { redact } from '../../shared/redact.ts';
import { attempt } from '../../waiting/attempt.ts';
import type { FoundRig } from '../life.ts';
import { kindOf } from '../kind.ts';
import { containerParts } from './container-logs.ts';
import { factParts } from './plan-part.ts';
import { guestParts } from './guest.ts';
import type { LogDeps, LogPart } from './part.ts';

/** A guest under emulation needs up to 20 s to print a long journal while it is busy. */
const PART_MS = 60_000;
/** As many as do not slow a small guest down. */
const CONCURRENCY = 4;

export interface LogExport {
  /** Paths below the folder, sorted. */
  readonly files: readonly string[];
  /** What could not be had and why, one line each; also in `errors.txt`. */
  readonly failures: readonly string[];
}

/**
 * Writes everything that is needed to find out what went wrong, secrets masked. What cannot be had is a line in
 * `errors.txt`, not a failure: clusters are looked into when they are broken.
 * @throws GocliError FILE when there can be no such folder
 */
export async function exportLogs(
  found: FoundRig,
  folder: string,
  deps: LogDeps,
  partMs = PART_MS,
): Promise<LogExport> {
  const parts = [
    ...factParts(found, deps),
    ...containerParts(found, deps),
    ...(await kindParts(found, deps)),
    ...guestParts(found, deps),
  ];
  await makeFolder(folder);
  const results = await pMap(parts, (part) => exportPart(part, folder, deps.signal, partMs), {
    concurrency: CONCURRENCY,
  });
  const failures = results.flatMap(({ failure }) => failure ?? []);
  if (failures.length > 0) await writeAtomic(join(folder, 'errors.txt'), `${failures.join('\n')}\n`);
  return { files: results.flatMap(({ files }) => files).sort(), failures };
}

/** What only the kind of the rig can tell. */
async function kindParts(found: FoundRig, deps: LogDeps): Promise<LogPart[]> {
  if (found.state === undefined) return [];
  return kindOf(deps.kinds, found.state.plan.guest).logParts(found, deps);
}

interface PartResult {
  readonly files: readonly string[];
  readonly failure?: string;
}

async function exportPart(
  part: LogPart,
  folder: string,
  signal: AbortSignal,
  partMs: number,
): Promise<PartResult> {
  const files: string[] = [];
  signal.throwIfAborted();
  try {
    // Not everything that is read can be interrupted, so it is left behind at its time.
    const read = await attempt(signal, partMs, (bounded) =>
      Promise.race([part.read(bounded), aborted(bounded)]),
    );
    if (!read.done) return { files, failure: `${part.what}: no answer within ${partMs / 1000} s` };
    for (const { path, content } of read.value) {
      await writeAtomic(join(folder, path), redact(content));
      files.push(path);
    }
    return { files };
  } catch (error) {
    signal.throwIfAborted();
    const seen =
      error instanceof GocliError && error.observed !== undefined
        ? ` (${error.observed.replaceAll('\n', ' | ')})`
        : '';
    return { files, failure: redact(`${part.what}: ${messageOf(error)}${seen}`) };
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(abortReason(signal));
    });
  });
}
