import type { Readable, Writable } from 'node:stream';
import type { Host } from '../../host/port.ts';
import { quoteAll } from '../../shared/quote.ts';
import type { SshConnection } from '../../ssh/port.ts';

/** Ours are the same at both ends, so that a copy does the same in both directions. */
interface ScriptOptions {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly signal: AbortSignal;
}

interface ScriptResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine that files are copied from or to. */
export interface End {
  /** Which one, for messages. */
  readonly where: 'on the node' | 'here';
  /** Runs a script in its POSIX shell. */
  run(script: string, args: readonly string[], options: ScriptOptions): Promise<ScriptResult>;
}

/** @throws GocliError GUEST_UNREACHABLE (`run`) */
export function nodeEnd(connection: SshConnection): End {
  return {
    where: 'on the node',
    run: (script, args, options) => connection.exec(quoteAll(argvOf(script, args)), options),
  };
}

/** @throws GocliError TOOL_MISSING (`run`) */
export function hostEnd(host: Host): End {
  return {
    where: 'here',
    run: (script, args, options) => host.run(argvOf(script, args), { ...options, allowFailure: true }),
  };
}

function argvOf(script: string, args: readonly string[]): [string, ...string[]] {
  return ['sh', '-c', script, 'gocli', ...args];
}
