import { PassThrough, type Readable } from 'node:stream';
import { GocliError } from '../../errors/error.ts';
import { linked } from '../../shared/limit.ts';
import { visible } from '../../shared/raw-names.ts';
import type { End } from './end.ts';
import { INCOMPLETE } from './scripts.ts';

/** A path at one end, absolute or from the login's folder: `/a` or `./a`. */
export interface Place {
  readonly end: End;
  readonly path: string;
}

/** One end's part of a copy. */
export interface Step extends Place {
  readonly script: string;
  readonly args: readonly string[];
  /** Whether what is left out while packing is all that there is. */
  readonly whole?: boolean;
  /** For the end that packs. */
  readonly stdin?: Readable;
}

/**
 * Lets one end pack and the other unpack. When one fails, the other is ended.
 * @throws GocliError COMMAND, REMOTE_COMMAND, DISK_FULL, GUEST_UNREACHABLE, TOOL_MISSING
 */
export async function transfer(from: Step, to: Step, signal: AbortSignal): Promise<void> {
  using together = linked(signal);
  const bounded = together.signal;
  // Told apart from what else ends either: the other end is then the one to blame.
  const gaveUp = new Error('the other end failed');
  const bytes = new PassThrough();
  const giveUp = (): void => {
    together.abort(gaveUp);
    // A program's end is told when its output is taken; what it is piped to may take nothing any more.
    bytes.unpipe();
    bytes.resume();
  };
  const packing = from.end.run(from.script, from.args, {
    ...(from.stdin === undefined ? {} : { stdin: from.stdin }),
    stdout: bytes,
    signal: bounded,
  });
  const unpacking = to.end.run(to.script, to.args, { stdin: bytes, signal: bounded });
  packing.catch(giveUp).finally(() => bytes.end());
  unpacking.then(({ exitCode }) => {
    if (exitCode !== 0) giveUp();
  }, giveUp);
  const [packed, unpacked] = await Promise.allSettled([packing, unpacking]);
  signal.throwIfAborted();
  for (const one of [packed, unpacked])
    if (one.status === 'rejected' && one.reason !== gaveUp) throw one.reason;
  const left = packed.status === 'fulfilled' && packed.value.exitCode !== 0 ? packed.value : undefined;
  const unwritten =
    unpacked.status === 'fulfilled' && unpacked.value.exitCode !== 0 ? unpacked.value : undefined;
  // Without a good archive, or without what it is for (tar may unpack none without a word), it does not matter what the other end says.
  if (left !== undefined && (left.exitCode !== INCOMPLETE || from.whole === true))
    throw failed(from.end, `${from.path} cannot be read ${from.end.where}`, left.stderr);
  if (unwritten !== undefined)
    throw failed(
      to.end,
      `cannot write all of ${from.path} to ${to.path} ${to.end.where}`,
      `${left?.stderr ?? ''}\n${unwritten.stderr}`,
    );
  if (left !== undefined) throw failed(from.end, `not all of ${from.path} was copied`, left.stderr);
}

/** @param complaints stderr of a script */
export function failed(end: End, message: string, complaints: string): GocliError {
  // tar says at its end that it said something.
  const lines = complaints
    .split('\n')
    .filter((line) => line !== '' && !/^tar: (Exiting with|Error is not|\d+: Child returned)/.test(line));
  const omitted = lines.length > 15 ? `\n(and ${lines.length - 15} more)` : '';
  const observed = `${lines.slice(0, 15).map(visible).join('\n')}${omitted}`;
  const code = complaints.includes('No space left on device')
    ? 'DISK_FULL'
    : end.where === 'here'
      ? 'COMMAND'
      : 'REMOTE_COMMAND';
  return new GocliError(code, visible(message), { observed });
}
