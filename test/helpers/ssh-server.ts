import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { generateSshKey } from '../../gocli-ts/src/ssh/keys.ts';
import type { SshTarget } from '../../gocli-ts/src/ssh/interface.ts';

/** An ssh server of this process. Commands run in /bin/sh. */
export interface SshServer extends AsyncDisposable {
  readonly target: SshTarget;
  /** Sizes of pseudo terminals as they were asked for, `columns x rows`. */
  readonly sizes: string[];
  /** Process ids of the commands. */
  readonly processes: number[];
  /** Lets further commands end with this code in the moment in which they are accepted; nothing is run. */
  endAtOnce(code: number): void;
  /** Reads and answers nothing any more, as a guest that is frozen. */
  freeze(): void;
  /** Freezes as soon as the next command has ended. */
  freezeAfterCommand(): void;
  /** Cuts all connections, as a guest that dies. */
  cut(): void;
}

export async function startSshServer(): Promise<SshServer> {
  const [host, user] = await Promise.all([generateSshKey('host'), generateSshKey('user')]);
  const sizes: string[] = [];
  const processes: number[] = [];
  const live = new Set<ChildProcessWithoutNullStreams>();
  const sockets: Socket[] = [];
  const behaviour: Behaviour = {};
  const server = new ssh2.Server({ hostKeys: [host.privateKey] }, (connection) => {
    serve(connection, user.publicKey, sizes, { processes, live }, behaviour);
  });
  const listener = createServer((socket) => {
    sockets.push(socket.setNoDelay(true));
    server.injectSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const freeze = (): void => {
    for (const socket of sockets) socket.pause();
  };
  return {
    target: { host: '127.0.0.1', port, user: 'root', privateKey: user.privateKey, node: 'node01' },
    sizes,
    processes,
    cut,
    endAtOnce: (code) => {
      behaviour.code = code;
    },
    freeze,
    freezeAfterCommand: () => {
      behaviour.afterCommand = freeze;
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      listener.close();
      await once(listener, 'close');
      // Not every channel is told that its connection is gone; a child would keep this process.
      for (const { pid, stdin, stdout, stderr } of live) {
        if (pid !== undefined) signalGroup(pid, 'SIGKILL');
        for (const stream of [stdin, stdout, stderr]) stream.destroy();
      }
    },
  };
}

interface Behaviour {
  /** See {@link SshServer.endAtOnce}. */
  code?: number;
  /** Called when a command has ended and that was sent. */
  afterCommand?: () => void;
}

function serve(
  connection: Connection,
  publicKey: string,
  sizes: string[],
  children: Children,
  behaviour: Behaviour,
): void {
  const allowed = ssh2.utils.parseKey(publicKey);
  if (allowed instanceof Error) throw allowed;
  connection.on('error', () => undefined);
  connection.on('authentication', (context) => {
    if (context.method === 'publickey' && context.key.data.equals(allowed.getPublicSSH())) context.accept();
    else context.reject(['publickey']);
  });
  connection.on('session', (accept) => {
    const session = accept();
    session.on('pty', (acceptPty, _, { cols, rows }) => {
      sizes.push(`${cols.toFixed(0)}x${rows.toFixed(0)}`);
      acceptPty();
    });
    session.on('window-change', (_accept, _reject, { cols, rows }) => {
      sizes.push(`${cols.toFixed(0)}x${rows.toFixed(0)}`);
    });
    session.on('exec', (acceptExec, _, { command }) => {
      const channel = acceptExec();
      channel.on('close', () => behaviour.afterCommand?.());
      if (behaviour.code === undefined) execute(channel, command, children);
      else {
        channel.exit(behaviour.code);
        channel.end();
      }
    });
    session.on('shell', (acceptShell) => {
      execute(acceptShell(), '/bin/sh', children);
    });
  });
}

interface Children {
  /** Process ids of all. */
  readonly processes: number[];
  readonly live: Set<ChildProcessWithoutNullStreams>;
}

function execute(channel: ServerChannel, command: string, { processes, live }: Children): void {
  // A group of its own: what the shell started holds its streams, and so this process, until it has ended, too.
  const child = spawn('/bin/sh', ['-c', command], { detached: true });
  if (child.pid !== undefined) processes.push(child.pid);
  live.add(child);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.pipe(child.stdin).on('error', () => undefined);
  channel.on('close', () => {
    if (child.pid !== undefined && live.has(child)) signalGroup(child.pid, 'SIGHUP');
  });
  child.on('close', (code, signal) => {
    live.delete(child);
    if (code === null) channel.exit((signal ?? 'TERM').replace('SIG', ''));
    else channel.exit(code);
    channel.end();
  });
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // It has ended meanwhile.
  }
}
