/** Things to release, the last one first. All are released, whatever goes wrong; the first error is thrown. */
export class Cleanup implements AsyncDisposable {
  readonly #releases: (() => Promise<void>)[] = [];

  add(release: () => Promise<void>): void {
    this.#releases.push(release);
  }

  /** Releases this, too. */
  keep(one: AsyncDisposable): void {
    this.add(async () => {
      await one[Symbol.asyncDispose]();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (const release of this.#releases.splice(0).reverse()) {
      await release().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}
