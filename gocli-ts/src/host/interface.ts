import type { Readable, Writable } from 'node:stream';

/** Programs of the host, always as argument arrays. `exec.ts` is the adapter. */
export interface Host {
  /**
   * Runs a program to its end.
   * @throws GocliError TOOL_MISSING (not on PATH), COMMAND (exit code other than 0, with its last lines)
   */
  run(argv: readonly [string, ...string[]], options?: HostRunOptions): Promise<HostResult>;
  /**
   * Runs a program on the terminal and streams of this process and resolves with its exit code (128 + n for a signal).
   * Ctrl-C at the terminal is the program's own matter; the signal ends it.
   * @throws GocliError TOOL_MISSING; the signal's reason, once the program has ended
   */
  attach(argv: readonly [string, ...string[]], options: AttachOptions): Promise<number>;
  /**
   * Starts a program that outlives this process and its terminal, at the lowest priority; what it prints goes into a file.
   * @throws GocliError FILE when that cannot be written; that the program does not start is told nowhere else
   */
  detach(argv: readonly [string, ...string[]], log: string): Promise<void>;
  /** Path of a program on PATH (with the sbin folders), or undefined. */
  which(program: string): Promise<string | undefined>;
}

/** The signal is not optional: a program that nobody can end outlives its gocli. */
export type AttachOptions = Pick<HostRunOptions, 'env' | 'cwd'> & { readonly signal: AbortSignal };

export interface HostRunOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Readable;
  readonly stdout?: Writable;
  /** Called per line of both streams. */
  readonly onLine?: (line: string) => void;
  /** Ends the program and all its children when aborted. */
  readonly signal?: AbortSignal;
  /** Do not throw on an exit code other than 0. */
  readonly allowFailure?: boolean;
}

export interface HostResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
