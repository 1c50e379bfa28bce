import type { LockHolder } from './interface.ts';

/** Who has a lock, for a sentence. */
export function holderWords({ pid }: LockHolder): string {
  if (pid === undefined) return 'another process';
  // A program may call the library twice at once.
  return pid === process.pid ? 'another operation of this program' : `process ${pid.toFixed(0)}`;
}
