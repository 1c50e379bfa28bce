import type { Clock } from '../shared/clock.ts';
import type { EventSink, StepTiming } from './events.ts';

export interface StepHandle {
  progress(update: { message?: string; bytes?: number; totalBytes?: number }): void;
  /** A few words that end up behind the finished step. */
  note(text: string): void;
  /** Says that nothing had to be done. */
  cached(): void;
}

/** Runs named steps, reports them as events and keeps their times for the summary. */
export class Steps {
  readonly timings: StepTiming[] = [];
  readonly #emit: EventSink;
  readonly #clock: Clock;
  readonly #origin: number;
  readonly #estimates: Readonly<Record<string, number>>;

  /** @param estimates seconds that each step took last time, by id */
  constructor(emit: EventSink, clock: Clock, estimates: Readonly<Record<string, number>> = {}) {
    this.#emit = emit;
    this.#clock = clock;
    this.#origin = clock.monotonic();
    this.#estimates = estimates;
  }

  /** Seconds since the first step could have started. */
  elapsed(): number {
    return (this.#clock.monotonic() - this.#origin) / 1000;
  }

  /** Times a part of a step without telling of it. */
  async detail<T>(id: string, title: string, work: () => Promise<T>): Promise<T> {
    const start = this.#clock.monotonic();
    let outcome: 'done' | 'failed' = 'failed';
    try {
      const result = await work();
      outcome = 'done';
      return result;
    } finally {
      const seconds = (this.#clock.monotonic() - start) / 1000;
      const startSeconds = (start - this.#origin) / 1000;
      this.timings.push({ id, title, startSeconds, seconds, outcome, detail: true });
    }
  }

  async run<T>(id: string, title: string, work: (step: StepHandle) => Promise<T>): Promise<T> {
    const start = this.#clock.monotonic();
    const estimate = this.#estimates[id];
    this.#emit({
      type: 'step-start',
      id,
      title,
      ...(estimate === undefined ? {} : { estimateSeconds: estimate }),
    });
    let note: string | undefined;
    let outcome: 'done' | 'cached' | 'failed' = 'done';
    const handle: StepHandle = {
      progress: (update) => {
        this.#emit({ type: 'step-progress', id, ...update });
      },
      note: (text) => {
        note = text;
      },
      cached: () => {
        outcome = 'cached';
      },
    };
    try {
      return await work(handle);
    } catch (error) {
      outcome = 'failed';
      throw error;
    } finally {
      const seconds = (this.#clock.monotonic() - start) / 1000;
      this.timings.push({ id, title, startSeconds: (start - this.#origin) / 1000, seconds, outcome });
      this.#emit({ type: 'step-end', id, title, outcome, seconds, ...(note === undefined ? {} : { note }) });
    }
  }
}
