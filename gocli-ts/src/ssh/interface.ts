import type { Readable, Writable } from 'node:stream';

/** Where and as whom to log in. */
export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** OpenSSH private key, as text. */
  readonly privateKey: string;
  /** Public host key that it has to have, one line; any will do unless it is said. */
  readonly hostKey?: string;
  /** Name of the node, for messages. */
  readonly node: string;
  /** Name of its rig, for what to type when it cannot be reached. */
  readonly rig?: string;
}

export interface Ssh {
  /** @throws GocliError GUEST_UNREACHABLE */
  connect(target: SshTarget, signal: AbortSignal): Promise<SshConnection>;
}

export interface SshExecOptions {
  readonly signal?: AbortSignal;
  readonly stdin?: string | Buffer | Readable;
  /** Where output goes instead of being captured. */
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Called per complete line of either stream, while it is also captured or forwarded. */
  readonly onLine?: (line: string) => void;
  /** A pseudo terminal of this size. */
  readonly pty?: { readonly term: string; readonly columns: number; readonly rows: number };
  /** Called once with a function that changes the size of the pseudo terminal. */
  readonly onResizer?: (resize: (columns: number, rows: number) => void) => void;
}

export interface SshResult {
  /** The command's own exit code; 128 + n when signal n ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An authenticated connection; several commands may run on it at once. */
export interface SshConnection extends AsyncDisposable {
  /** Runs a command line in the login shell of the user; an empty one starts an interactive shell (needs `pty`). */
  exec(command: string, options?: SshExecOptions): Promise<SshResult>;
  /**
   * Runs a command and requires exit code 0.
   * @throws GocliError REMOTE_COMMAND with node, command and last lines of output
   */
  run(command: string, options?: SshExecOptions): Promise<SshResult>;
}
