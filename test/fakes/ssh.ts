import { GocliError } from '../../gocli-ts/src/errors/error.ts';
import type {
  Ssh,
  SshConnection,
  SshExecOptions,
  SshResult,
  SshTarget,
} from '../../gocli-ts/src/ssh/interface.ts';

export interface SshCall {
  readonly node: string;
  readonly command: string;
  readonly options: SshExecOptions;
}

/** What a command answers; an Error is thrown as it is, undefined leaves the answer to the next responder. */
export type SshResponder = (
  command: string,
  node: string,
  options: SshExecOptions,
) => Partial<SshResult> | Error | undefined;

/** Guests that do not exist: every command succeeds silently unless a responder says otherwise. */
export class FakeSsh implements Ssh {
  readonly targets: SshTarget[] = [];
  readonly calls: SshCall[] = [];
  /** Attempts to connect that are still to be refused, as those to a guest that boots. */
  refusals = 0;
  /** Connections that were not disposed of. */
  open = 0;
  readonly #responders: SshResponder[] = [];

  /** Adds a responder; the one added last is asked first. */
  respond(responder: SshResponder): this {
    this.#responders.unshift(responder);
    return this;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- failures must be rejections, as those of the interface are
  async connect(target: SshTarget, signal: AbortSignal): Promise<SshConnection> {
    signal.throwIfAborted();
    this.targets.push(target);
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw new GocliError('GUEST_UNREACHABLE', `${target.node}: connection refused`);
    }
    this.open += 1;
    return this.#connection(target.node);
  }

  #connection(node: string): SshConnection {
    return {
      exec: (command, options = {}) => this.#exec(node, command, options),
      run: async (command, options = {}) => {
        const result = await this.#exec(node, command, options);
        if (result.exitCode === 0) return result;
        throw new GocliError('REMOTE_COMMAND', `${node}: "${command}" ended with code ${result.exitCode}`, {
          observed: result.stderr,
        });
      },
      [Symbol.asyncDispose]: () => {
        this.open -= 1;
        return Promise.resolve();
      },
    };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- failures must be rejections, as those of the interface are
  async #exec(node: string, command: string, options: SshExecOptions): Promise<SshResult> {
    options.signal?.throwIfAborted();
    this.calls.push({ node, command, options });
    for (const responder of this.#responders) {
      const answer = responder(command, node, options);
      if (answer instanceof Error) throw answer;
      if (answer === undefined) continue;
      const result = { exitCode: 0, stdout: '', stderr: '', ...answer };
      for (const line of `${result.stdout}\n${result.stderr}`.split('\n'))
        if (line !== '') options.onLine?.(line);
      return result;
    }
    return { exitCode: 0, stdout: '', stderr: '' };
  }
}
