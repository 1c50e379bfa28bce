import { posix } from 'node:path';
import type { Writable } from 'node:stream';
import { GocliError } from '../../errors/error.ts';
import { onFile } from '../../errors/file-error.ts';
import type { Host } from '../../host/interface.ts';
import { openSpecial } from '../../host/pipes.ts';
import { lastLines } from '../../shared/text.ts';
import { hostEnd, nodeEnd } from './end.ts';
import { print } from './print.ts';
import { remote } from './remote.ts';
import { KIND, KINDS, type Kind } from './scripts.ts';
import { failed, type Place } from './transfer.ts';
import { copyFile, copyFolder } from './trees.ts';
import type { SshConnection } from '../../ssh/interface.ts';

/** The two machines of a copy. */
export interface CopyEnds {
  readonly connection: SshConnection;
  readonly host: Host;
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
  await copy(
    from,
    { end: nodeEnd(connection), path: await remote(nodeEnd(connection), remotePath, signal) },
    signal,
  );
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
  const from = { end: nodeEnd(connection), path: await remote(nodeEnd(connection), remotePath, signal) };
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
  const end = { ...to, path };
  if (!isFolder) await copyFile(from, end, signal);
  else await copyFolder(from, end, target.kind === 'folder', signal);
}
