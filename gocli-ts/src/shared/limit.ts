import { setMaxListeners } from 'node:events';

/**
 * A signal that holds for a stretch of work: it is aborted with its parent, when its time is over, by {@link abort}, and
 * when the work is left. What the work left behind, such as the slower half of a race, ends with it.
 *
 * It stands for AbortSignal.any() and AbortSignal.timeout(). On Node 20 a signal made of both is never aborted once the
 * garbage collector has run: nothing holds the timer's half strongly (nodejs/node#57736). Here a plain timer and a plain
 * listener hold it, and both go when the work is left, so that a signal of the whole process gathers none.
 */
export class Limit implements Disposable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  /** Of {@link within} or {@link linked}. */
  constructor(parent: AbortSignal | undefined, ms?: number, late?: () => unknown) {
    this.#parent = parent;
    // Every wait for every machine may listen to it; Node would warn of a leak at the eleventh.
    setMaxListeners(0, this.signal);
    if (parent?.aborted === true) {
      this.#follow();
      return;
    }
    parent?.addEventListener('abort', this.#follow);
    if (ms === undefined) return;
    this.#timer = setTimeout(() => {
      this.abort(late?.() ?? new DOMException(`not done within ${ms} ms`, 'TimeoutError'));
    }, ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the work, unless it has been told to end already. */
  abort(reason: unknown): void {
    this.#release();
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    this.#release();
    if (!this.signal.aborted) this.#controller.abort(new DOMException('the work is over', 'AbortError'));
  }

  readonly #follow = (): void => {
    this.abort(this.#parent?.reason);
  };

  #release(): void {
    clearTimeout(this.#timer);
    this.#parent?.removeEventListener('abort', this.#follow);
  }
}

/**
 * A limit in time: `using limit = within(signal, 5000)`, and `limit.signal` for the work. Only `waiting/` calls it (a
 * lint rule): `inTime` says what was not done in time, `attempt` makes no failure of it.
 * @param signal what ends the work earlier; undefined for work that nothing else may end
 * @param ms milliseconds until the signal is aborted
 * @param late makes the reason of that; a TimeoutError unless told
 */
export function within(signal: AbortSignal | undefined, ms: number, late?: () => unknown): Limit {
  return new Limit(signal, ms, late);
}

/** A signal that is aborted with its parent, and by {@link Limit.abort} alone. */
export function linked(signal: AbortSignal | undefined): Limit {
  return new Limit(signal);
}
