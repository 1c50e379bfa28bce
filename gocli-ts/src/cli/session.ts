import type { Readable, Writable } from 'node:stream';
import type { ClusterDeps } from '../rig/deps.ts';
import type { Host } from '../host/port.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A stream that may be a terminal. */
export type TerminalOut = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};
type TerminalIn = Readable & { readonly isTTY?: boolean; setRawMode?: (on: boolean) => unknown };

/** The process as the command line sees it; tests give streams of their own. */
export interface Surroundings {
  readonly env: Environment;
  readonly cwd: string;
  /** Root of the checkout that this gocli was built from: it holds `cluster-provision/`. */
  readonly checkout: string;
  readonly stdin: TerminalIn;
  readonly stdout: TerminalOut;
  readonly stderr: TerminalOut;
}

/** Everything a command works with. */
export interface Session extends ClusterDeps, Surroundings {
  readonly host: Host;
  /** How results are written. */
  readonly output: OutputFormat | undefined;
}

export const OUTPUT_FORMATS = ['table', 'json', 'yaml', 'name'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];
