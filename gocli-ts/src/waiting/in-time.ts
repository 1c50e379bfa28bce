import { GocliError } from '../errors/error.ts';
import { within } from '../shared/limit.ts';
import { formatSeconds } from '../shared/text.ts';

export interface InTimeOptions {
  readonly signal: AbortSignal;
  /** Milliseconds until TIMEOUT. */
  readonly timeoutMs: number;
  /** What the work showed last, for the error. */
  readonly seen?: () => string;
  /** What to do when it is not done in time. */
  readonly hint?: string;
}

/**
 * Work that is bounded as a whole, such as one long command.
 * @param what the work, as a phrase: `kubeadm init on node01`
 * @throws GocliError TIMEOUT with what was seen last; whatever the work throws before; the signal's reason
 */
export async function inTime<T>(
  what: string,
  { signal, timeoutMs, seen, hint }: InTimeOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using limit = within(signal, timeoutMs);
  try {
    return await work(limit.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.signal.aborted || error instanceof GocliError) throw error;
    const last = seen?.() ?? '';
    throw new GocliError('TIMEOUT', `${what}: not within ${formatSeconds(timeoutMs / 1000)}`, {
      cause: error,
      observed: `last seen: ${last === '' ? 'nothing' : last}`,
      hint,
    });
  }
}
