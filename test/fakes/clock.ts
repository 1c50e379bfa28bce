import { abortReason, type Clock } from '../../gocli-ts/src/shared/clock.ts';

/** A clock that jumps to the end of each sleep at once. Sleeps that run side by side end at their own times. */
export class FakeClock implements Clock {
  /** Lengths of the sleeps asked for, in milliseconds. */
  readonly sleeps: number[] = [];
  readonly #origin: number;
  #elapsed = 0;

  /** @param origin wall clock at the start, milliseconds since the epoch */
  constructor(origin = Date.UTC(2030, 0, 1)) {
    this.#origin = origin;
  }

  now(): number {
    return this.#origin + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** Moves the time without a sleep. */
  advance(ms: number): void {
    this.#elapsed += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    const end = this.#elapsed + ms;
    // Lets whatever else is under way go on first, as a real sleep does.
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted === true) throw abortReason(signal);
    this.#elapsed = Math.max(this.#elapsed, end);
  }
}
