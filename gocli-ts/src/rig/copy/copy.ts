import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GocliError, messageOf } from '../../errors/error.ts';
import { explainFileError, onFile } from '../../errors/file-error.ts';
import type { Host } from '../../host/port.ts';
import { linked } from '../../shared/limit.ts';
import { lastLines } from '../../shared/text.ts';
import {
  ABSENT,
  EXPAND,
  INCOMPLETE,
  KIND,
  KINDS,
  PACK_FILE,
  PACK_FOLDER,
  PRINT,
  UNPACK_FILE,
  UNPACK_FOLDER,
  type Kind,
} from './scripts.ts';
import { hostEnd, nodeEnd, type End } from './end.ts';
import { openSpecial } from './special.ts';
import type { SshConnection } from '../../ssh/port.ts';

/** The two machines of a copy. */
export interface CopyEnds {
  readonly connection: SshConnection;
  readonly host: Host;
}

/** A path at one end, absolute or from the login's folder: `/a` or `./a`. */
interface Place {
  readonly end: End;
  readonly path: string;
}

/**
 * Copies a file or folder of this machine to the guest, with modes, times, links and holes. Like scp: into `remotePath`
 * when that is a folder, else under that name in a folder that must exist; `dir/.` is what is in the folder. What
 * arrives belongs to the user that logged in.
 * @param localPath absolute
 * @throws GocliError NOT_FOUND (no such file here, no such folder there), COMMAND (something here could not be read; the
 * rest was copied), REMOTE_COMMAND, DISK_FULL, GUEST_UNREACHABLE, TOOL_MISSING
 */
export async function upload(
  { connection, host }: CopyEnds,
  localPath: string,
  remotePath: string,
  signal: AbortSignal,
): Promise<void> {
  const from = { end: hostEnd(host), path: localPath };
  await copy(from, { end: nodeEnd(connection), path: remote(remotePath) }, signal);
}

/**
 * Copies a file or folder of the guest to this machine, like {@link upload}. A writable gets the bytes of one file, and
 * is not ended.
 * @param local an absolute path
 * @throws GocliError NOT_FOUND (no such file there, no such folder here), REMOTE_COMMAND (something there could not be
 * read; the rest was copied), COMMAND, FILE, DISK_FULL, GUEST_UNREACHABLE, TOOL_MISSING
 */
export async function download(
  { connection, host }: CopyEnds,
  remotePath: string,
  local: string | Writable,
  signal: AbortSignal,
): Promise<void> {
  const from = { end: nodeEnd(connection), path: remote(remotePath) };
  if (typeof local !== 'string') {
    await print(from, { stream: local, name: 'the output', end: false }, signal);
    return;
  }
  const to = { end: hostEnd(host), path: local };
  if ((await kindOf(to, signal)).kind !== 'special') {
    await copy(from, to, signal);
    return;
  }
  // A program that is started has none of our descriptors, which /dev/stdout and /dev/fd/63 name.
  const stream = await onFile({ path: local, done: 'written' }, () => openSpecial(local, signal));
  await print(from, { stream, name: local, end: true }, signal);
}

/**
 * The paths on the guest that one of scp's users names by a pattern: `/var/log/*.log`.
 * @returns the path itself when it is none, or fits nothing
 * @throws GocliError GUEST_UNREACHABLE
 */
export async function expand(
  { connection }: Pick<CopyEnds, 'connection'>,
  remotePath: string,
  signal: AbortSignal,
): Promise<string[]> {
  if (!/[*?[]/.test(remotePath)) return [remotePath];
  const { stdout } = await nodeEnd(connection).run(EXPAND, [remote(remotePath)], { signal });
  return stdout.split('\0').slice(0, -1);
}

/** A login starts in the home folder, which scp's users write as `~`. */
function remote(path: string): string {
  if (path.startsWith('/')) return path;
  return `./${path.replace(/^~(\/|$)/, '')}`;
}

async function kindOf({ end, path }: Place, signal: AbortSignal): Promise<{ kind: Kind; complaint: string }> {
  const { stdout, stderr } = await end.run(KIND, [path], { signal });
  const kind = KINDS.find((one) => one === stdout.trim());
  if (kind !== undefined) return { kind, complaint: lastLines(stderr, 1) };
  throw failed(end, `cannot look for ${path} ${end.where}`, stderr);
}

async function copy(from: Place, to: Place, signal: AbortSignal): Promise<void> {
  const bare = to.path.replace(/(?<=.)\/+$/, '');
  const [source, target] = await Promise.all([
    kindOf(from, signal),
    kindOf({ end: to.end, path: bare }, signal),
  ]);
  const isFolder = source.kind === 'folder';
  if (source.kind === 'special') {
    throw new GocliError('NOT_FOUND', `${from.path} ${from.end.where} is neither a file nor a folder`, {
      hint: 'Bytes of a device or pipe go through: gocli ssh NODE -- cat FILE, or: gocli ssh NODE -- tee FILE',
    });
  }
  if (!isFolder && source.kind !== 'file') {
    throw new GocliError('NOT_FOUND', `${from.path} is not there ${from.end.where}`, {
      observed: source.complaint,
    });
  }
  const needsFolder = bare !== to.path && !isFolder && target.kind !== 'folder';
  if (target.kind === 'nowhere' || needsFolder) {
    const folder = needsFolder ? bare : posix.dirname(bare);
    throw new GocliError(
      'NOT_FOUND',
      `cannot copy to ${to.path}: there is no folder ${folder} ${to.end.where}`,
    );
  }
  if (isFolder && (target.kind === 'file' || target.kind === 'special')) {
    throw new GocliError('BAD_VALUE', `cannot copy a folder over ${to.path}, which is none`, {
      hint: 'Name a folder, or a name that is not taken.',
    });
  }
  const name = posix.basename(from.path);
  const path = target.kind === 'folder' ? `${bare}/${name === '..' ? '.' : name}` : bare;
  if (isFolder)
    await transfer(
      { ...from, script: PACK_FOLDER, args: [from.path] },
      { ...to, script: UNPACK_FOLDER, args: [path] },
      signal,
    );
  else {
    const packing = {
      ...from,
      script: PACK_FILE,
      args: [posix.dirname(from.path), name, scratch()],
      whole: true,
    };
    await transfer(packing, { ...to, script: UNPACK_FILE, args: [path, name, scratch()] }, signal);
  }
}

/** Name for a folder that a script makes for itself. */
function scratch(): string {
  return `.gocli-${randomUUID()}`;
}

interface Step extends Place {
  readonly script: string;
  readonly args: readonly string[];
  /** Whether what is left out while packing is all that there is. */
  readonly whole?: boolean;
}

/** Lets one end pack and the other unpack. When one fails, the other is ended. */
async function transfer(from: Step, to: Step, signal: AbortSignal): Promise<void> {
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
  const packing = from.end.run(from.script, from.args, { stdout: bytes, signal: bounded });
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
  // Without a good archive, or without what it is for, it does not matter what the other end says.
  if (
    left !== undefined &&
    (left.exitCode !== INCOMPLETE || (from.whole === true && unwritten !== undefined))
  )
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
function failed(end: End, message: string, complaints: string): GocliError {
  // tar says at its end that it said something.
  const lines = complaints
    .split('\n')
    .filter((line) => line !== '' && !/^tar: (Exiting with|Error is not)/.test(line));
  const omitted = lines.length > 15 ? `\n(and ${lines.length - 15} more)` : '';
  const observed = `${lines.slice(0, 15).map(visible).join('\n')}${omitted}`;
  const code = complaints.includes('No space left on device')
    ? 'DISK_FULL'
    : end.where === 'here'
      ? 'COMMAND'
      : 'REMOTE_COMMAND';
  return new GocliError(code, message, { observed });
}

/** Names of files may hold what a terminal takes for orders. */
function visible(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

interface Output {
  readonly stream: Writable;
  readonly name: string;
  /** Whether it is ended; only then is it known that all was written. */
  readonly end: boolean;
}

async function print(from: Place, { stream, name, end }: Output, signal: AbortSignal): Promise<void> {
  using together = linked(signal);
  const sink = new PassThrough();
  const writing = pipeline(sink, stream, { end, signal: together.signal }).catch((error: unknown) => {
    // Nobody reads any more; without this the guest would wait for ever.
    together.abort(error);
    throw error;
  });
  const running = from.end
    .run(PRINT, [from.path], { stdout: sink, signal: together.signal })
    .finally(() => sink.end());
  const [ran, written] = await Promise.allSettled([running, writing]);
  signal.throwIfAborted();
  if (ran.status === 'rejected' && ran.reason !== together.signal.reason) throw ran.reason;
  if (ran.status === 'fulfilled' && ran.value.exitCode === ABSENT) {
    throw new GocliError('NOT_FOUND', `${from.path} is not there ${from.end.where}, or is no file`);
  }
  if (ran.status === 'fulfilled' && ran.value.exitCode !== 0)
    throw failed(from.end, `${from.path} cannot be read ${from.end.where}`, ran.value.stderr);
  if (written.status === 'rejected') throw unwritten(name, written.reason);
}

/** A stream that is no file's may fail with anything. */
function unwritten(name: string, error: unknown): unknown {
  const explained = explainFileError(error, { path: name, done: 'written' });
  if (explained instanceof GocliError) return explained;
  return new GocliError('FILE', `${name} cannot be written`, { cause: error, observed: messageOf(error) });
}
