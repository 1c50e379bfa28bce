import { abortReason } from '../shared/clock.ts';
import type { ApiClient } from './api.ts';

/** What is asked of an API server just now, and for whom: it ends when nobody waits for the answer any more. */
interface Asked<T> {
  readonly answer: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/**
 * Asks once what several conditions ask at the same time: each further connection is a handshake, of which an emulated
 * guest on a busy host has no dozen in the time of a look.
 */
export class AskedOnce<T> {
  readonly #asked = new WeakMap<ApiClient, Map<string, Asked<T>>>();

  /** @param what tells one question from another */
  async ask(
    api: ApiClient,
    what: string,
    signal: AbortSignal,
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const all = this.#asked.get(api) ?? new Map<string, Asked<T>>();
    this.#asked.set(api, all);
    const one = all.get(what) ?? start(ask);
    all.set(what, one);
    one.waiting += 1;
    let leave: (() => void) | undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => {
        reject(abortReason(signal));
      };
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([one.answer, left]);
    } finally {
      if (leave !== undefined) signal.removeEventListener('abort', leave);
      one.waiting -= 1;
      // An answer is of its moment: whoever asks later asks anew.
      if (all.get(what) === one && (one.waiting === 0 || !signal.aborted)) all.delete(what);
      if (one.waiting === 0) one.stop.abort();
    }
  }
}

function start<T>(ask: (signal: AbortSignal) => Promise<T>): Asked<T> {
  const stop = new AbortController();
  const answer = ask(stop.signal);
  answer.catch(() => undefined);
  return { answer, stop, waiting: 0 };
}
