import { PassThrough, type Readable, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Host } from '../../host/interface.ts';
import { quoteAll } from '../../shared/quote.ts';
import { bytesOf, isRaw } from '../../shared/raw-names.ts';
import type { SshConnection } from '../../ssh/interface.ts';

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

/**
 * What a script prints, as bytes.
 * @throws GocliError GUEST_UNREACHABLE, TOOL_MISSING
 */
export async function bytesFrom(
  end: End,
  script: string,
  args: readonly string[],
  options: Omit<ScriptOptions, 'stdout'>,
): Promise<Buffer> {
  const stdout = new PassThrough();
  const printed = buffer(stdout);
  await end.run(script, args, { ...options, stdout }).finally(() => stdout.end());
  return printed;
}

/** Arguments of programs are text to us, so bytes that are none are made by the shell: what is after them is cut off again. */
function argvOf(script: string, args: readonly string[]): [string, ...string[]] {
  if (!args.some(isRaw)) return ['sh', '-c', script, 'gocli', ...args];
  const made = args.map((one, at) => `a${at}=$(printf '${octal(one)}.'); a${at}=\${a${at}%.}`);
  const words = args.map((_, at) => `"$a${at}"`).join(' ');
  return ['sh', '-c', `LC_ALL=C\n${made.join('\n')}\nset -- ${words}\n${script}`, 'gocli'];
}

function octal(text: string): string {
  return [...bytesOf(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
