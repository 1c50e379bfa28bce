import { GocliError } from '../../gocli-ts/src/errors/error.ts';
import type { AttachOptions, Host, HostResult, HostRunOptions } from '../../gocli-ts/src/host/interface.ts';

export interface HostCall {
  readonly argv: readonly string[];
  readonly options: HostRunOptions;
}

/** What a program answers; an Error is thrown as it is, undefined leaves the answer to the next responder. */
export type HostResponder = (
  argv: readonly string[],
  options: HostRunOptions,
) => Partial<HostResult> | Error | undefined;

/** Programs of a host that does not exist: everything succeeds silently unless a responder says otherwise. */
export class FakeHost implements Host {
  readonly calls: HostCall[] = [];
  /** Programs that are not installed. */
  readonly missing = new Set<string>();
  readonly #responders: HostResponder[] = [];

  /** Adds a responder; the one added last is asked first. */
  respond(responder: HostResponder): this {
    this.#responders.unshift(responder);
    return this;
  }

  run(argv: readonly [string, ...string[]], options: HostRunOptions = {}): Promise<HostResult> {
    return this.#start(argv, options).then((result) => {
      for (const line of `${result.stdout}\n${result.stderr}`.split('\n'))
        if (line !== '') options.onLine?.(line);
      if (result.exitCode === 0 || options.allowFailure === true) return result;
      throw new GocliError('COMMAND', `${argv.join(' ')} ended with code ${result.exitCode}`, {
        observed: result.stderr,
      });
    });
  }

  async attach(argv: readonly [string, ...string[]], options: AttachOptions): Promise<number> {
    return (await this.#start(argv, options)).exitCode;
  }

  async detach(argv: readonly [string, ...string[]]): Promise<void> {
    await this.#start(argv, {});
  }

  which(program: string): Promise<string | undefined> {
    return Promise.resolve(this.missing.has(program) ? undefined : `/usr/bin/${program}`);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- failures must be rejections, as those of the interface are
  async #start(argv: readonly [string, ...string[]], options: HostRunOptions): Promise<HostResult> {
    options.signal?.throwIfAborted();
    this.calls.push({ argv, options });
    if (this.missing.has(argv[0])) throw new GocliError('TOOL_MISSING', `${argv[0]} is not installed`);
    for (const responder of this.#responders) {
      const answer = responder(argv, options);
      if (answer instanceof Error) throw answer;
      if (answer !== undefined) return { exitCode: 0, stdout: '', stderr: '', ...answer };
    }
    return { exitCode: 0, stdout: '', stderr: '' };
  }
}
