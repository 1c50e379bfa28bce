import { GocliError } from '../errors/error.ts';
import { within } from '../shared/limit.ts';
import { formatSeconds } from '../shared/text.ts';

export interface InTimeOptions {
  /** Undefined for work that nothing but its limit may end. */
  readonly signal: AbortSignal | undefined;
  /** Milliseconds until TIMEOUT. */
  readonly timeoutMs: number;
  /** What the work showed last, for the error. */
  readonly seen?: () => string;
  /** What to do when it is not done in time. */
  readonly hint?: string;
}

/**
 * Work that is bounded as a whole, such as one long command. The TIMEOUT is also the reason of the work's signal, so
 * that it is told whatever the work makes of its end.
 * @param what what is waited for, as a phrase: `node01 is registered`; or what makes the error
 * @throws GocliError TIMEOUT with what was seen last; whatever the work throws before; the signal's reason
 */
export async function inTime<T>(
  what: string | ((cause?: unknown) => GocliError),
  { signal, timeoutMs, seen, hint }: InTimeOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = (cause?: unknown): GocliError => {
    if (typeof what !== 'string') return what(cause);
    const last = seen?.() ?? '';
    return new GocliError('TIMEOUT', `${what}: not within ${formatSeconds(timeoutMs / 1000)}`, {
      cause,
      observed: `last seen: ${last === '' ? 'nothing' : last}`,
      hint,
    });
  };
  using limit = within(signal, timeoutMs, late);
  try {
    return await work(limit.signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (!limit.signal.aborted || error instanceof GocliError) throw error;
    throw late(error);
  }
}
