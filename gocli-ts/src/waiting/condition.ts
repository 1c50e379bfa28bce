import { GocliError, messageOf } from '../errors/error.ts';
import type { Clock } from '../shared/clock.ts';
import { formatSeconds } from '../shared/text.ts';
import { attempt } from './attempt.ts';

export type Observation =
  { readonly met: true; readonly observed?: string } | { readonly met: false; readonly observed: string };

/** A named thing that is waited for. */
export interface Condition {
  /** What must hold, as a phrase: `the API server answers`. */
  readonly name: string;
  /** Looks once. An ordinary error counts as "not met"; a GocliError ends the wait (the machine died, …). */
  check(signal: AbortSignal): Promise<Observation>;
  /** What to do when it is not met in time. */
  readonly hint?: string;
}

export interface WaitOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds until TIMEOUT. */
  readonly timeoutMs: number;
  /** Milliseconds between two looks; 100 unless told. */
  readonly intervalMs?: number;
  /** Milliseconds one look may take; 5000 unless told. */
  readonly checkMs?: number;
  readonly onObserved?: (observed: string) => void;
  /** Kept up to date: what was seen last of each condition that is waited for, by its name. */
  readonly unmet?: Map<string, string>;
}

/**
 * Waits until the condition is met.
 * @throws GocliError TIMEOUT with the last observation; whatever GocliError the check throws; the signal's reason
 */
export async function waitFor(condition: Condition, options: WaitOptions): Promise<void> {
  const { clock, signal, timeoutMs, intervalMs = 100, checkMs = 5000, unmet } = options;
  const start = clock.monotonic();
  let observed = 'nothing yet';
  unmet?.set(condition.name, observed);
  for (;;) {
    signal.throwIfAborted();
    const result = await look(condition, signal, checkMs);
    if (result.met) {
      unmet?.delete(condition.name);
      return;
    }
    if (result.observed !== observed) options.onObserved?.(result.observed);
    observed = result.observed;
    unmet?.set(condition.name, observed);
    if (clock.monotonic() - start >= timeoutMs) {
      throw new GocliError('TIMEOUT', `${condition.name}: not within ${formatSeconds(timeoutMs / 1000)}`, {
        observed: `last seen: ${observed}`,
        hint: condition.hint,
      });
    }
    await clock.sleep(intervalMs, signal);
  }
}

async function look(condition: Condition, signal: AbortSignal, checkMs: number): Promise<Observation> {
  try {
    const looked = await attempt(signal, checkMs, (bounded) => condition.check(bounded));
    if (looked.done) return looked.value;
    return { met: false, observed: `no answer within ${formatSeconds(checkMs / 1000)}` };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GocliError) throw error;
    return { met: false, observed: messageOf(error) };
  }
}
