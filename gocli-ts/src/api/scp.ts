import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { download, upload } from '../ssh/copy.ts';
import type { Context } from './context.ts';
import { connect, type SshRequest } from './ssh.ts';

export interface UploadRequest extends SshRequest {
  readonly direction: 'upload';
  /** Path on the node. */
  readonly remote: string;
  /** Path on this machine. */
  readonly local: string;
}

export interface DownloadRequest extends SshRequest {
  readonly direction: 'download';
  /** Path on the node. */
  readonly remote: string;
  /** Path on this machine, or where the bytes of one file go; a stream is not ended. */
  readonly local: string | Writable;
}

export type ScpRequest = UploadRequest | DownloadRequest;

/**
 * Copies a file or folder between a node and this machine, with modes, as scp does.
 * @throws GocliError BAD_VALUE, NOT_FOUND (rig, node or path), NOT_READY, DISK_FULL, REMOTE_COMMAND, GUEST_UNREACHABLE
 */
export async function scp(request: ScpRequest, context: Context): Promise<void> {
  const { cwd, signal } = context;
  const here = (path: string): string => resolve(cwd, path);
  await using connection = await connect(request, context);
  if (request.direction === 'upload') {
    await upload(connection, here(request.local), request.remote, signal);
  } else {
    const target = typeof request.local === 'string' ? here(request.local) : request.local;
    await download(connection, request.remote, target, signal);
  }
}
