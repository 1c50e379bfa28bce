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
