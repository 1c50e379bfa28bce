import { linked } from './limit.ts';

/** Like Promise.all, but waits for all of them, so that a clean-up finds everything that was made. */
export async function allOf<T extends readonly unknown[] | []>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/**
 * Does the same with each of several things, side by side, where only all results together are worth something: the
 * first failure ends the others through their signal. When it is thrown nothing is under way any more.
 * @returns the results, in order
 */
export async function together<I, R>(
  inputs: readonly I[],
  signal: AbortSignal,
  work: (input: I, signal: AbortSignal, index: number) => Promise<R>,
): Promise<R[]> {
  using limit = linked(signal);
  const running = inputs.map(async (input, index) => {
    try {
      return await work(input, limit.signal, index);
    } catch (error) {
      limit.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(running);
  limit.signal.throwIfAborted();
  return await Promise.all(running);
}

/** Several things that are open together and are closed together. */
export class All<T extends AsyncDisposable> implements AsyncDisposable {
  readonly items: readonly T[];

  private constructor(items: readonly T[]) {
    this.items = items;
  }

  /** Opens one for each input, side by side. When one fails, those that were opened are closed. */
  static async open<I, T extends AsyncDisposable>(
    inputs: readonly I[],
    open: (input: I) => Promise<T>,
  ): Promise<All<T>> {
    const results = await Promise.allSettled(inputs.map(open));
    const opened = new All(
      results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    );
    const failure = results.find((result) => result.status === 'rejected');
    if (failure === undefined) return opened;
    await opened[Symbol.asyncDispose]();
    throw failure.reason;
  }

  /** Does the same with each, side by side; the results are in order. */
  each<R>(work: (item: T, index: number) => Promise<R>): Promise<R[]> {
    return Promise.all(this.items.map(work));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.items.map((item) => item[Symbol.asyncDispose]()));
  }
}
