import type { LockHolder } from './port.ts';

/** Who has a lock, for a sentence. */
export function holderWords({ pid }: LockHolder): string {
  return pid === undefined ? 'another process' : `process ${pid.toFixed(0)}`;
}
