import { formatSeconds } from '../../../gocli-ts/src/shared/text.ts';

/** Short pairs are not all told of. */
const LEAST_MS = 5000;
/** A pair of cold starts takes minutes; meanwhile something is said this often. */
const MOST_MS = 20_000;

/** Lines about what goes on: neither a flood nor a silence. */
export class Progress implements Disposable {
  readonly #write: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  #current: { readonly text: string; readonly since: number } | undefined;
  #last = Number.NEGATIVE_INFINITY;

  constructor(write: (line: string) => void) {
    this.#write = write;
    this.#timer = setInterval(() => {
      this.#repeat();
    }, MOST_MS / 4);
  }

  /** Something that is said in any case. */
  say(text: string): void {
    this.#last = performance.now();
    this.#write(text);
  }

  /** What is being done now; said when nothing was said for a while. */
  now(text: string): void {
    this.#current = { text, since: performance.now() };
    if (performance.now() - this.#last >= LEAST_MS) this.say(text);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #repeat(): void {
    if (this.#current === undefined || performance.now() - this.#last < MOST_MS) return;
    const { text, since } = this.#current;
    this.say(`${text}, for ${formatSeconds((performance.now() - since) / 1000)}`);
  }
}
