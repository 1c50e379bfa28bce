import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, posix } from 'node:path';
import { PassThrough, Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExtractOptions, Headers } from 'tar-fs';
import { GocliError, messageOf } from '../errors/error.ts';
import { linked } from '../shared/limit.ts';
import { quote } from '../shared/quote.ts';
import { lastLines } from '../shared/text.ts';
import type { SshConnection } from './port.ts';

/** Exit code with which our remote scripts say that the path is not there; tar and cat do not use it. */
const ABSENT = 66;

/**
 * Copies a file or folder of this machine to the guest, with modes. Like scp: into `remotePath` when that is a folder,
 * else under that name in a folder that must exist. What arrives belongs to the user that logged in.
 * @throws GocliError NOT_FOUND (no such file here, no such folder there), REMOTE_COMMAND, GUEST_UNREACHABLE
 */
export async function upload(
  connection: SshConnection,
  localPath: string,
  remotePath: string,
  signal?: AbortSignal,
): Promise<void> {
  const source = await realpath(localPath).catch((error: unknown) => {
    throw localFailure(error, `read ${localPath}`);
  });
  const isRemoteFolder = async (path: string): Promise<boolean> =>
    (await connection.exec(`test -d ${quote(path)}`, signal === undefined ? {} : { signal })).exitCode === 0;
  const into = await isRemoteFolder(remotePath);
  const folder = into ? remotePath : posix.dirname(remotePath);
  const name = into ? basename(localPath) : posix.basename(remotePath);
  if (!into && (remotePath.endsWith('/') || !(await isRemoteFolder(folder)))) {
    throw new GocliError('NOT_FOUND', `cannot copy to ${remotePath}: there is no such folder on the node`);
  }
  const { pack } = await import('tar-fs');
  const archive = pack(dirname(source), { entries: [basename(source)], map: renameTop(name) });
  const stdin = Readable.from(archive);
  try {
    // -o: the numbers of this machine's users mean nothing there.
    await connection.run(`tar -x -o -p -f - -C ${quote(folder)}`, {
      stdin,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw stdin.errored === error ? localFailure(error, `read ${localPath}`) : error;
  }
}

/**
 * Copies a file or folder of the guest to this machine, with modes; into `local` when that is a folder, else under that
 * name. A writable gets the bytes of one file, and is not ended.
 * @throws GocliError NOT_FOUND (no such file there, no such folder here), DISK_FULL, REMOTE_COMMAND, GUEST_UNREACHABLE
 */
export async function download(
  connection: SshConnection,
  remotePath: string,
  local: string | Writable,
  signal?: AbortSignal,
): Promise<void> {
  const path = quote(remotePath);
  if (typeof local !== 'string') {
    const script = `test -f ${path} || exit ${ABSENT}\nexec cat < ${path}`;
    await receive(connection, { remotePath, script, to: local, end: false, target: 'the output' }, signal);
    return;
  }
  const into = await isFolder(local);
  const folder = into ? local : dirname(local);
  if (!into && !(await isFolder(folder))) throw new GocliError('NOT_FOUND', `there is no folder ${folder}`);
  const name = into ? posix.basename(remotePath) : basename(local);
  const { extract } = await import('tar-fs');
  // `chown` and `umask` exist, the types leave them out: files belong to who runs gocli, modes stay as they are.
  const options: ExtractOptions & { chown: boolean; umask: number } = {
    chown: false,
    umask: 0,
    map: renameTop(name),
  };
  const script = `p=$(readlink -e -- ${path}) || exit ${ABSENT}
exec tar -c --hard-dereference -f - -C "$(dirname -- "$p")" -- "$(basename -- "$p")"`;
  await receive(
    connection,
    { remotePath, script, to: extract(folder, options), end: true, target: local },
    signal,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (about) => about.isDirectory(),
    () => false,
  );
}

/** Gives the top of a tree another name: `top` and `top/a` become `name` and `name/a`. */
function renameTop(name: string): (header: Headers) => Headers {
  return (header) => ({
    ...header,
    name: posix.join(name, ...posix.normalize(header.name).split('/').slice(1)),
  });
}

interface Transfer {
  readonly remotePath: string;
  readonly script: string;
  readonly to: NodeJS.WritableStream;
  /** Whether `to` is ended behind the last byte. */
  readonly end: boolean;
  /** Where the bytes go, for messages. */
  readonly target: string;
}

async function receive(
  connection: SshConnection,
  transfer: Transfer,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { remotePath, script, to, end, target } = transfer;
  using together = linked(signal);
  const sink = new PassThrough();
  const writing = pipeline(sink, to, { end }).catch((error: unknown) => {
    // Nobody reads any more; without this the guest would wait for ever.
    together.abort(error);
    throw error;
  });
  const running = connection
    .exec(script, { stdout: sink, signal: together.signal })
    .finally(() => sink.end());
  const [ran, written] = await Promise.allSettled([running, writing]);
  signal?.throwIfAborted();
  if (ran.status === 'rejected' && ran.reason !== together.signal.reason) throw ran.reason;
  if (ran.status === 'fulfilled' && ran.value.exitCode === ABSENT) {
    throw new GocliError(
      'NOT_FOUND',
      `${remotePath} is not there on the node${end ? '' : ', or is no file'}`,
    );
  }
  if (ran.status === 'fulfilled' && ran.value.exitCode !== 0) {
    const observed = lastLines(ran.value.stderr, 15);
    throw new GocliError('REMOTE_COMMAND', `${remotePath} cannot be read on the node`, { observed });
  }
  if (written.status === 'rejected') throw localFailure(written.reason, `write to ${target}`);
}

function localFailure(error: unknown, what: string): GocliError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const kind = code === 'ENOENT' ? 'NOT_FOUND' : code === 'ENOSPC' ? 'DISK_FULL' : 'BAD_VALUE';
  return new GocliError(kind, `cannot ${what}`, { cause: error, observed: messageOf(error) });
}
