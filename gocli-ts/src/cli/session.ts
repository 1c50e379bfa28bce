import type { Readable, Writable } from 'node:stream';
import type { Context } from '../api/context.ts';

/** A stream that may be a terminal. */
export type TerminalOut = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};
type TerminalIn = Readable & { readonly isTTY?: boolean; setRawMode?: (on: boolean) => unknown };

/** The streams of the process; tests give some of their own. */
export interface Streams {
  readonly stdin: TerminalIn;
  readonly stdout: TerminalOut;
  readonly stderr: TerminalOut;
}

/** What a command works with: that of its operation, and what it reads and writes. */
export interface Session extends Context, Streams {
  /** How results are written. */
  readonly output: OutputFormat | undefined;
  /** A text whose commands are called as gocli is called there, where it is not on PATH. */
  readonly typed: (text: string) => string;
}

export const OUTPUT_FORMATS = ['table', 'json', 'yaml', 'name'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];
