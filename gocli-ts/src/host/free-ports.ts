import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';
import { All } from '../shared/all.ts';

export type Protocol = 'tcp' | 'udp';

const LOOPBACK = '127.0.0.1';

/** Asks the kernel for free ports on 127.0.0.1, all different. They are free now; somebody else may take one. */
export async function freePorts(wanted: readonly Protocol[]): Promise<number[]> {
  await using held = await All.open(wanted, (protocol) => hold(protocol, 0));
  return held.items.map(({ port }) => port);
}

/**
 * Why a port cannot be listened on (`EADDRINUSE`, `EACCES`; `EADDRNOTAVAIL` for an address that is not this host's), or
 * undefined when it can. Port 0 is any that is free.
 */
export async function portProblem(
  port: number,
  protocol: Protocol,
  address = LOOPBACK,
): Promise<string | undefined> {
  try {
    await using _ = await hold(protocol, port, address);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

interface HeldPort extends AsyncDisposable {
  readonly port: number;
}

async function hold(protocol: Protocol, port: number, address = LOOPBACK): Promise<HeldPort> {
  return protocol === 'tcp' ? holdTcp(port, address) : holdUdp(port, address);
}

function holdTcp(port: number, host: string): Promise<HeldPort> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const got = typeof address === 'object' && address !== null ? address.port : port;
      resolve({
        port: got,
        [Symbol.asyncDispose]: () =>
          new Promise((done) =>
            server.close(() => {
              done();
            }),
          ),
      });
    });
  });
}

function holdUdp(port: number, address: string): Promise<HeldPort> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => {
      resolve({
        port: socket.address().port,
        [Symbol.asyncDispose]: () =>
          new Promise((done) =>
            socket.close(() => {
              done();
            }),
          ),
      });
    });
  });
}

/** Program and process id that listen on a port, when this user may see them: `nginx (pid 812)`. */
export async function portHolder(port: number, protocol: Protocol): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const table of [`/proc/net/${protocol}`, `/proc/net/${protocol}6`]) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const inode of listeningInodes(text, port, protocol)) inodes.add(inode);
  }
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const fd of fds) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) {
        const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process')).trim();
        return `${name} (pid ${pid})`;
      }
    }
  }
  return undefined;
}

/** Socket inodes that listen on a port, from the text of /proc/net/tcp or udp (proc(5); 0A = LISTEN, 07 = unconnected). */
export function listeningInodes(table: string, port: number, protocol: Protocol): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const state = protocol === 'tcp' ? '0A' : '07';
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hex}`) === true && fields[3] === state)
    .map((fields) => fields[9] ?? '');
}
