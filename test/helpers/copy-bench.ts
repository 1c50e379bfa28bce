import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { localHost } from '../../gocli-ts/src/host/exec.ts';
import type { Host } from '../../gocli-ts/src/host/interface.ts';
import { ssh2Client } from '../../gocli-ts/src/ssh/client.ts';
import * as copying from '../../gocli-ts/src/rig/copy/copy.ts';
import { startSshServer, type SshServer } from './ssh-server.ts';

const never = new AbortController().signal;

export const upload = (
  ends: copying.CopyEnds,
  from: string,
  to: string,
  signal: AbortSignal = never,
): Promise<void> => copying.upload(ends, from, to, signal);

export const download = (
  ends: copying.CopyEnds,
  from: string,
  to: string | Writable,
  signal: AbortSignal = never,
): Promise<void> => copying.download(ends, from, to, signal);

export interface Bench {
  /** Folder that plays this machine. */
  readonly here: string;
  /** Folder that plays the guest. */
  readonly there: string;
  readonly ends: copying.CopyEnds;
  readonly server: SshServer;
}

export async function bench(t: ExecutionContext): Promise<Bench> {
  const base = await mkdtemp(join(tmpdir(), 'gocli-copy-'));
  const [here, there] = [join(base, "it's here"), join(base, 'the re')];
  await Promise.all([mkdir(here), mkdir(there)]);
  const server = await startSshServer();
  const connection = await ssh2Client().connect(server.target, new AbortController().signal);
  t.teardown(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await rm(base, { recursive: true });
  });
  return { here, there, ends: { connection, host: localHost(process.env) }, server };
}

/** Programs without the privileges of root, for whom there is nothing that cannot be read. */
export function unprivileged(host: Host): Host {
  if (process.getuid?.() !== 0) return host;
  return {
    ...host,
    run: (argv, options) =>
      host.run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...argv], options),
  };
}

interface Folders {
  readonly here: string;
  readonly there: string;
}

/** Both ways of a copy, for tests that hold for each: its name, what copies, and which folders are its source and target. */
export const WAYS = [
  ['upload', upload, ({ here, there }: Folders): [source: string, target: string] => [here, there]],
  ['download', download, ({ here, there }: Folders): [source: string, target: string] => [there, here]],
] as const;
