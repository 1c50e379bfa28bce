import { GocliError } from '../errors/error.ts';
import { within } from '../shared/limit.ts';

export type Attempt<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/**
 * One try that may take so long and no longer. That its time is over is no failure: the caller tries again or does
 * without. A wait whose end is one is `inTime`.
 * @param ms milliseconds until the try is given up
 * @throws whatever the work throws before; a GocliError also later; the signal's reason
 */
export async function attempt<T>(
  signal: AbortSignal,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Attempt<T>> {
  using limit = within(signal, ms);
  try {
    return { done: true, value: await work(limit.signal) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GocliError || !limit.signal.aborted) throw error;
    return { done: false };
  }
}
