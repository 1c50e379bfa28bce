import { GocliError, messageOf } from '../errors/error.ts';
import type { Clock } from '../shared/clock.ts';
import { formatSeconds } from '../shared/text.ts';
import { attempt } from './attempt.ts';

/** Why something is taken for met that cannot be looked at. */
export interface Presumption {
  /** What keeps it from being known, as a clause: `the webhook "x" refuses /api/v1/nodes`. */
  readonly why: string;
  /** What there is to see of it: as long as that changes, it may still come true. */
  readonly state: string;
  /** What would let it be known again. */
  readonly hint?: string;
}

export type Observation =
  | { readonly met: true; readonly observed?: string; readonly presumed?: Presumption }
  | { readonly met: false; readonly observed: string };

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
  /** Milliseconds without a change until what is only presumed counts as met; 10 000 unless told. */
  readonly presumeMs?: number;
  /** Is given, by the name of the condition, why what was only presumed counts as met. */
  readonly presumed?: Map<string, Presumption>;
}

/** A part of a system that starts, under emulation, too, has done something by then that can be seen. */
const PRESUME_MS = 10_000;
/** What changes for ever is no progress: so many times the time without a change, and it counts as met. */
const RESTLESS = 6;

/** Is told of each look that had an answer. */
interface Patience {
  /** @returns whether the presumption has stood still for long enough, or has changed for too long */
  presumed(presumption: Presumption): boolean;
  /** It may be known: a change. */
  unpresumed(): void;
}

function patience(clock: Clock, presumeMs: number): Patience {
  let state: string | undefined;
  let [begun, since, last] = [0, 0, Number.NEGATIVE_INFINITY];
  return {
    presumed: (presumption) => {
      const now = clock.monotonic();
      if (now - last > presumeMs) begun = now;
      last = now;
      if (presumption.state !== state) [state, since] = [presumption.state, now];
      return now - since >= presumeMs || now - begun >= RESTLESS * presumeMs;
    },
    unpresumed: () => {
      state = undefined;
    },
  };
}

/**
 * Waits until the condition is met. What is only presumed has to stand still for a while: a part that starts may do by
 * itself in a moment what it was kept from.
 * @returns what was seen last
 * @throws GocliError TIMEOUT with the last observation; whatever GocliError the check throws; the signal's reason
 */
export async function waitFor(condition: Condition, options: WaitOptions): Promise<Observation> {
  const { clock, signal, timeoutMs, intervalMs = 100, presumeMs = PRESUME_MS, unmet } = options;
  const start = clock.monotonic();
  let observed = 'nothing yet';
  const holding = patience(clock, presumeMs);
  unmet?.set(condition.name, observed);
  for (;;) {
    signal.throwIfAborted();
    const result = await look(condition, options);
    const presumed = result?.met === true ? result.presumed : undefined;
    const holds = presumed !== undefined && holding.presumed(presumed);
    // A look without an answer says nothing.
    if (presumed === undefined && result !== undefined) holding.unpresumed();
    const late = clock.monotonic() - start >= timeoutMs;
    if (result?.met === true && (presumed === undefined || holds || late)) {
      unmet?.delete(condition.name);
      if (presumed !== undefined) options.presumed?.set(condition.name, presumed);
      return result;
    }
    const seen = result?.observed ?? presumed?.why ?? noAnswer(options);
    if (seen !== observed) options.onObserved?.(seen);
    observed = seen;
    unmet?.set(condition.name, observed);
    if (late) throw lateError(condition, timeoutMs, observed);
    await clock.sleep(intervalMs, signal);
  }
}

function lateError({ name, hint }: Condition, timeoutMs: number, observed: string): GocliError {
  return new GocliError('TIMEOUT', `${name}: not within ${formatSeconds(timeoutMs / 1000)}`, {
    observed: `last seen: ${observed}`,
    hint,
  });
}

/** Milliseconds one look may take, unless told. */
const CHECK_MS = 5000;

function noAnswer({ checkMs = CHECK_MS }: WaitOptions): string {
  return `no answer within ${formatSeconds(checkMs / 1000)}`;
}

/** @returns nothing when there was no answer in time */
async function look(
  condition: Condition,
  { signal, checkMs = CHECK_MS }: WaitOptions,
): Promise<Observation | undefined> {
  try {
    const looked = await attempt(signal, checkMs, (bounded) => condition.check(bounded));
    return looked.done ? looked.value : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GocliError) throw error;
    return { met: false, observed: messageOf(error) };
  }
}
