import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { isErrno } from '../../errors/file-error.ts';
import { parseJson } from '../../shared/json.ts';
import type { LockHolder, LockOptions } from '../interface.ts';

/** Milliseconds until a lock is tried again that was given up between two looks at it. */
const AGAIN_MS = 20;

const holderSchema = z.object({ pid: z.int(), since: z.string() });

/**
 * A lock that is a socket with an abstract name (unix(7)): there is one of a name in a network namespace, it needs no
 * file, and the kernel closes it with its process. Who waits is connected to it, and so sees its end at once.
 * @param socket of the daemon; by its inode, since several paths may lead to it
 */
export async function lockOf(
  socket: string,
  name: string,
  { signal, onWait }: LockOptions,
): Promise<AsyncDisposable> {
  const address = await addressOf(socket, name);
  for (let told = false; ;) {
    signal.throwIfAborted();
    const lock = await tryLock(address);
    if (lock !== undefined) return lock;
    await untilFree(address, signal, (holder) => {
      if (!told) onWait(holder);
      told = true;
    });
  }
}

async function addressOf(socket: string, name: string): Promise<string> {
  const daemon = await stat(socket).then(
    ({ dev, ino }) => `${dev.toFixed(0)}:${ino.toFixed(0)}`,
    () => socket,
  );
  const hash = createHash('sha256').update(`${daemon}\n${name}`).digest('hex');
  return `\0gocli/${hash.slice(0, 32)}`;
}

/** @returns undefined when somebody else has it */
function tryLock(address: string): Promise<AsyncDisposable | undefined> {
  const waiting = new Set<Socket>();
  const since = new Date().toISOString();
  const server = createServer((peer) => {
    waiting.add(peer);
    peer.on('error', () => undefined);
    peer.on('close', () => waiting.delete(peer));
    peer.unref().write(`${JSON.stringify({ pid: process.pid, since })}\n`);
  });
  return new Promise((resolve, reject) => {
    server.on('error', (error) => {
      if (isErrno(error, 'EADDRINUSE')) resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      // What only holds a lock must not keep a program that imports the library.
      server.unref();
      resolve({ [Symbol.asyncDispose]: () => release(server, waiting) });
    });
  });
}

function release(server: Server, waiting: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    for (const peer of waiting) peer.destroy();
  });
}

/** Comes back when the holder is gone, or has given the lock up. */
async function untilFree(
  address: string,
  signal: AbortSignal,
  onHolder: (holder: LockHolder) => void,
): Promise<void> {
  const peer = connect(address);
  const onAbort = (): void => {
    peer.destroy();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  // It may have come while the lock was tried: nobody is told of it any more.
  if (signal.aborted) onAbort();
  let said = '';
  peer.on('data', (data) => {
    said += data.toString('utf8');
    if (said.endsWith('\n')) onHolder(readHolder(said));
  });
  peer.on('error', () => undefined);
  await new Promise((resolve) => peer.once('close', resolve));
  signal.removeEventListener('abort', onAbort);
  if (said === '') await delay(AGAIN_MS);
}

/** Anybody may listen under the name. */
function readHolder(text: string): LockHolder {
  return holderSchema.safeParse(parseJson(text)).data ?? {};
}
