import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { PassThrough, Readable, Writable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { isCode } from '../../../gocli-ts/src/errors/error.ts';
import { ssh2Client } from '../../../gocli-ts/src/ssh/client.ts';
import { generateSshKey } from '../../../gocli-ts/src/ssh/keys.ts';
import type { SshConnection } from '../../../gocli-ts/src/ssh/interface.ts';
import { endsByItself } from '../../helpers/ends-by-itself.ts';
import { startSshServer, type SshServer } from '../../helpers/ssh-server.ts';

const never = (): AbortSignal => new AbortController().signal;

async function open(t: ExecutionContext): Promise<{ server: SshServer; connection: SshConnection }> {
  const server = await startSshServer();
  t.teardown(() => server[Symbol.asyncDispose]());
  const connection = await ssh2Client().connect(server.target, never());
  t.teardown(() => connection[Symbol.asyncDispose]());
  return { server, connection };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function hasEnded(t: ExecutionContext, pid = Number.NaN): Promise<void> {
  for (let left = 50; left > 0 && isAlive(pid); left -= 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.false(isAlive(pid));
}

async function unreachable(t: ExecutionContext, work: Promise<unknown>): Promise<void> {
  const error = await t.throwsAsync(work);
  t.true(isCode(error, 'GUEST_UNREACHABLE'), String(error));
  t.regex(error.message, /node01/);
}

test('a command gives its exit code and both streams', async (t) => {
  const { connection } = await open(t);
  const result = await connection.exec('echo out; echo err >&2; exit 3');
  t.deepEqual(result, { exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
});

test('the exit code counts that arrives together with the acceptance of the command', async (t) => {
  const { server, connection } = await open(t);
  server.endAtOnce(3);
  t.is((await connection.exec('any')).exitCode, 3);
});

test('a command ended by signal n gives 128 + n', async (t) => {
  const { connection } = await open(t);
  t.is((await connection.exec('kill -TERM $$')).exitCode, 143);
  t.is((await connection.exec('kill -KILL $$')).exitCode, 137);
});

test('a command reads what it is fed, to the end', async (t) => {
  const { connection } = await open(t);
  t.is((await connection.exec('cat', { stdin: 'words' })).stdout, 'words');
  t.is((await connection.exec('cat', { stdin: '' })).stdout, '');
  t.is((await connection.exec('cat')).stdout, '');
  t.is((await connection.exec('wc -c', { stdin: Buffer.alloc(5_000_000) })).stdout.trim(), '5000000');
  const stream = Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(100_000, 'x')));
  t.is((await connection.exec('wc -c', { stdin: stream })).stdout.trim(), '2000000');
});

test('a command that does not read its input ends with its own code', async (t) => {
  const { connection } = await open(t);
  t.is((await connection.exec('exit 4', { stdin: Buffer.alloc(20_000_000) })).exitCode, 4);
});

test('an input that fails fails the command', async (t) => {
  const { connection } = await open(t);
  const broken = new Readable({
    read() {
      this.destroy(new Error('the disk broke'));
    },
  });
  const error = await t.throwsAsync(
    connection.exec('cat', { stdin: broken, signal: AbortSignal.timeout(5000) }),
  );
  t.regex(`${String(error)} ${String(error.cause)}`, /the disk broke/);
});

test('an input that breaks off without an error fails the command, which else waited for its end', async (t) => {
  const { connection } = await open(t);
  const broken = new PassThrough();
  broken.write('the beginning');
  setTimeout(() => broken.destroy(), 20);
  const error = await t.throwsAsync(
    connection.exec('cat', { stdin: broken, signal: AbortSignal.timeout(5000) }),
  );
  t.regex(String(error), /broke off/);
});

test('much output arrives whole, also at a slow reader', async (t) => {
  const { connection } = await open(t);
  t.is((await connection.exec('head -c 20000000 /dev/zero')).stdout.length, 20_000_000);
  let bytes = 0;
  const slow = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      setTimeout(done, 1);
    },
  });
  const result = await connection.exec('head -c 5000000 /dev/zero', { stdout: slow });
  t.is(result.stdout, '');
  t.is(bytes, 5_000_000);
});

test('a command has ended when the last of its output was taken, however long that takes', async (t) => {
  const { connection } = await open(t);
  let bytes = 0;
  const slow = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      setTimeout(done, 100);
    },
  });
  await connection.exec('printf one; sleep 0.02; printf two; sleep 0.02; printf three', { stdout: slow });
  t.is(bytes, 'onetwothree'.length);
});

/** Takes nothing any more after so many pieces, of which it says the last is not written. */
function failing(pieces: number): Writable {
  let left = pieces;
  return new Writable({
    write(_chunk, _encoding, done) {
      left -= 1;
      done(left > 0 ? null : new Error('the disk is full'));
    },
  }).on('error', () => undefined);
}

test('a command ends with its own code where nobody takes its output any more', async (t) => {
  const { connection } = await open(t);
  const closed = new PassThrough().destroy();
  const much = 'head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; exit 3';
  const within = { signal: AbortSignal.timeout(8000) };
  for (const make of [() => closed, () => failing(1), () => failing(2)])
    for (const stream of ['stdout', 'stderr'] as const) {
      const other = new Writable({
        write: (_chunk, _encoding, done) => {
          done();
        },
      });
      const both = { stdout: other, stderr: other, [stream]: make() };
      t.is((await connection.exec(much, { ...within, ...both })).exitCode, 3, stream);
      t.is(other.listenerCount('unpipe'), 0);
    }
});

test('what passes its output on may be read when the command has ended', async (t) => {
  const { connection } = await open(t);
  const later = new PassThrough();
  const command = 'head -c 5000 /dev/zero; sleep 0.05; head -c 5000 /dev/zero';
  await connection.exec(command, { stdout: later, signal: AbortSignal.timeout(8000) });
  t.is((later.read() as Buffer).length, 10_000);
});

test('a connection that is lost with output that cannot be written is one failure', async (t) => {
  const { connection, server } = await open(t);
  const full = new Writable({
    write(_chunk, _encoding, done) {
      setTimeout(() => {
        done(new Error('the disk is full'));
      }, 100);
    },
  }).on('error', () => undefined);
  const lost = connection.exec('echo one; sleep 30', { stdout: full });
  setTimeout(() => {
    server.cut();
  }, 50);
  await unreachable(t, lost);
  await new Promise((resolve) => setTimeout(resolve, 100));
});

test('lines of both streams are told while the output is captured', async (t) => {
  const { connection } = await open(t);
  const lines: string[] = [];
  const result = await connection.exec('echo one; echo two >&2; printf three', {
    onLine: (line) => lines.push(line),
  });
  t.deepEqual(lines.sort(), ['one', 'three', 'two']);
  t.is(result.stdout, 'one\nthree');
});

test('run names node and command and shows the last 15 lines', async (t) => {
  const { connection } = await open(t);
  t.is((await connection.run('echo fine')).stdout, 'fine\n');
  const error = await t.throwsAsync(connection.run(`seq 1 40; exit 9 # ${'long '.repeat(100)}`));
  t.true(isCode(error, 'REMOTE_COMMAND'));
  if (!isCode(error, 'REMOTE_COMMAND')) return;
  t.regex(error.message, /node01.*seq 1 40.*code 9/);
  t.true(error.message.length < 300);
  t.deepEqual(
    error.observed?.split('\n'),
    Array.from({ length: 15 }, (_, index) => String(26 + index)),
  );
});

test('several commands share a connection', async (t) => {
  const { connection } = await open(t);
  const results = await Promise.all(
    ['a', 'b', 'c', 'd'].map((word) => connection.exec(`sleep 0.1; echo ${word}`)),
  );
  t.deepEqual(
    results.map(({ stdout }) => stdout),
    ['a\n', 'b\n', 'c\n', 'd\n'],
  );
});

test('a pseudo terminal has a size and changes it', async (t) => {
  const { connection, server } = await open(t);
  const pty = { term: 'xterm', columns: 90, rows: 30 };
  let resize: ((columns: number, rows: number) => void) | undefined;
  const running = connection.exec('sleep 0.3', {
    pty,
    stdin: new PassThrough(),
    onResizer: (change) => (resize = change),
  });
  while (resize === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  resize(120, 40);
  t.is((await running).exitCode, 0);
  t.deepEqual(server.sizes, ['90x30', '120x40']);
  t.is((await connection.exec('', { pty, stdin: 'echo shell\nexit 6\n' })).exitCode, 6);
});

test('a guest that dies is unreachable, and so is everything asked of it afterwards', async (t) => {
  const { connection, server } = await open(t);
  setTimeout(() => {
    server.cut();
  }, 100);
  await unreachable(t, connection.exec('sleep 20'));
  await unreachable(t, connection.exec('true'));
});

test('a port nobody listens on and a refused key are unreachable', async (t) => {
  const server = await startSshServer();
  const { privateKey } = await generateSshKey('another');
  await unreachable(t, ssh2Client().connect({ ...server.target, privateKey }, never()));
  await server[Symbol.asyncDispose]();
  await unreachable(t, ssh2Client().connect(server.target, never()));
});

test('abort ends the command in the guest and gives the reason', async (t) => {
  const { connection, server } = await open(t);
  const abort = new AbortController();
  const onLine = (): void => {
    abort.abort(new Error('enough'));
  };
  const running = connection.exec('echo ready; exec sleep 20', { signal: abort.signal, onLine });
  await t.throwsAsync(running, { message: 'enough' });
  await hasEnded(t, server.processes[0]);
  await t.throwsAsync(connection.exec('true', { signal: abort.signal }), { message: 'enough' });
});

test('abort returns although the guest is frozen', async (t) => {
  const { connection, server } = await open(t);
  const abort = new AbortController();
  setTimeout(() => {
    server.freeze();
    abort.abort(new Error('enough'));
  }, 100);
  const late = new Promise((resolve) => setTimeout(resolve, 3000, 'late'));
  const outcome = await Promise.race([
    connection.exec('sleep 20', { signal: abort.signal }).catch(String),
    late,
  ]);
  t.is(outcome, 'Error: enough');
});

test('connecting ends with the signal', async (t) => {
  const abort = new AbortController();
  const server = await startSshServer();
  t.teardown(() => server[Symbol.asyncDispose]());
  const start = performance.now();
  const connecting = ssh2Client().connect(server.target, abort.signal);
  abort.abort(new Error('enough'));
  await t.throwsAsync(connecting, { message: 'enough' });
  t.true(performance.now() - start < 2000);
});

/** A peer that accepts, says these bytes and nothing more; its port. */
async function silentPeer(t: ExecutionContext, words: string): Promise<number> {
  const sockets: Socket[] = [];
  const listener = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined).write(words);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return (listener.address() as AddressInfo).port;
}

for (const words of ['', 'SSH-2.0-OpenSSH_10.0\r\n']) {
  test(`a peer that says ${JSON.stringify(words)} and no more keeps no process alive`, async (t) => {
    const { privateKey } = await generateSshKey('user');
    const port = await silentPeer(t, words);
    const said = await endsByItself(
      { host: '127.0.0.1', port, user: 'root', privateKey, node: 'node01' },
      `const { ssh2Client } = await load('ssh/client.ts');
       await ssh2Client().connect(input, soon(300)).catch((error) => console.log(error.message));`,
    );
    t.is(said, 'enough');
  });
}

const STANDS_STILL: readonly [string, string][] = [
  ['before a command', `console.log('none')`],
  [
    'before a command is accepted',
    `const signal = soon(300);
     try { for (;;) await connection.exec('true', { signal }); } catch (error) { tell(error); }`,
  ],
  [
    'and takes no input',
    `await connection.exec('cat', { stdin: Buffer.alloc(50_000_000), signal: soon(300) }).catch(tell)`,
  ],
];

for (const [when, work] of STANDS_STILL) {
  test(`a node that stands still ${when} keeps no process alive, once the connection is disposed of`, async (t) => {
    const server = await startSshServer();
    t.teardown(() => server[Symbol.asyncDispose]());
    server.freezeAfterCommand();
    const said = await endsByItself(
      server.target,
      `const { ssh2Client } = await load('ssh/client.ts');
       const connection = await ssh2Client().connect(input, new AbortController().signal);
       const tell = (error) => console.log(error.message);
       await connection.exec('true');
       ${work};
       await connection[Symbol.asyncDispose]();`,
    );
    t.regex(said, /^(?:none|enough)$/);
  });
}
