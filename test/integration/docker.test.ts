import { createServer, connect as dial } from 'node:net';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { dockerodeEngine } from '../../gocli-ts/src/place/docker/dockerode.ts';
import { packFiles } from '../../gocli-ts/src/place/docker/archive.ts';
import type { ContainerSpec, PublishedPort } from '../../gocli-ts/src/place/interface.ts';
import type { ErrorCode } from '../../gocli-ts/src/errors/codes.ts';
import { isCode } from '../../gocli-ts/src/errors/error.ts';
import { unpack } from '../fakes/docker-data.ts';
import { importProbe, TEST_LABEL } from '../helpers/probe-image.ts';

const RUN = `it-${process.pid.toFixed(0)}`;
const IMAGE = `gocli-it-probe:${RUN}`;
const docker = dockerodeEngine(process.env);
const labels = { [TEST_LABEL]: RUN };
let made = 0;

function spec(more: Partial<ContainerSpec> = {}): ContainerSpec {
  made += 1;
  const name = `gocli-${RUN}-${made.toFixed(0)}`;
  return { name, image: IMAGE, labels, network: 'none', capabilities: [], noNewPrivileges: true, ...more };
}

async function started(more: Partial<ContainerSpec> = {}): Promise<string> {
  const id = await docker.containers.create(spec(more));
  await docker.containers.start(id);
  return id;
}

function abortedAfter(ms: number): AbortSignal {
  const abort = new AbortController();
  setTimeout(() => {
    abort.abort(new Error('enough'));
  }, ms);
  return abort.signal;
}

async function rejectsWith(t: ExecutionContext, code: ErrorCode, work: Promise<unknown>): Promise<string> {
  const error = await t.throwsAsync(work);
  t.true(isCode(error, code), `${String(error)} is not ${code}`);
  return `${error.message}\n${isCode(error, code) ? (error.observed ?? '') : ''}`;
}

test.before('the image', async () => {
  await importProbe(docker, IMAGE, RUN);
});

test.after.always('nothing is left', async (t) => {
  for (const { id } of await docker.containers.list(labels)) await docker.containers.remove(id);
  for (const { name } of await docker.volumes.list(labels)) await docker.volumes.remove(name);
  for (const { id, tags } of await docker.images.list(labels)) {
    for (const tag of tags) await docker.images.remove(tag);
    await docker.images.remove(id);
  }
  t.deepEqual(await docker.containers.list(labels), []);
  t.deepEqual(await docker.images.list(labels), []);
});

test('the daemon describes itself', async (t) => {
  const info = await docker.system.info();
  t.regex(info.version, /^\d+\.\d+/);
  t.true(info.memoryBytes > 1024 ** 3);
  t.true(info.rootDir.startsWith('/'));
});

test('an image is found by reference, id and label, tagged, and removed', async (t) => {
  const image = await docker.images.inspect(IMAGE);
  t.deepEqual(image?.labels, labels);
  t.regex(image?.id ?? '', /^sha256:[0-9a-f]{64}$/);
  t.is((await docker.images.inspect(image?.id ?? ''))?.id, image?.id);
  t.deepEqual(
    (await docker.images.list(labels)).map(({ id }) => id),
    [image?.id ?? ''],
  );
  await docker.images.tag(IMAGE, `gocli-it-other:${RUN}`);
  t.true((await docker.images.inspect(IMAGE))?.tags.includes(`gocli-it-other:${RUN}`));
  await docker.images.remove(`gocli-it-other:${RUN}`);
  await docker.images.remove(`gocli-it-other:${RUN}`);
  t.is(await docker.images.inspect(`gocli-it-other:${RUN}`), undefined);
  await rejectsWith(t, 'IMAGE_MISSING', docker.images.tag('gocli-it-absent', 'gocli-it-x'));
});

test('importing reports the id of the image it made', async (t) => {
  const signal = AbortSignal.timeout(30_000);
  const changes = [`LABEL ${TEST_LABEL}=${RUN}`];
  const id = await docker.images.importRootfs(
    packFiles([{ path: 'a', content: 'b' }]),
    `gocli-it-imported:${RUN}`,
    { changes, signal },
  );
  t.is((await docker.images.inspect(`gocli-it-imported:${RUN}`))?.id, id);
});

test('a registry that does not answer is a download that failed', async (t) => {
  const signal = AbortSignal.timeout(30_000);
  await rejectsWith(t, 'DOWNLOAD', docker.images.pull('127.0.0.1:1/absent:1', { signal }));
});

test('a container lives, is listed with its label only, and ends', async (t) => {
  const wanted = spec({ labels: { ...labels, role: 'one' }, hostname: 'probe-one' });
  const id = await docker.containers.create(wanted);
  t.is((await docker.containers.inspect(wanted.name))?.state, 'created');
  await docker.containers.start(id);
  await docker.containers.start(id);
  t.is((await docker.containers.inspect(id))?.state, 'running');
  t.deepEqual(
    (await docker.containers.list({ ...labels, role: 'one' })).map((one) => one.name),
    [wanted.name],
  );
  t.deepEqual(await docker.containers.list({ ...labels, role: 'other' }), []);
  while ((await docker.containers.logs(id)) === '') await new Promise((resolve) => setTimeout(resolve, 20));
  const ended = docker.containers.wait(id, AbortSignal.timeout(20_000));
  await docker.containers.stop(id, 5);
  t.is(await ended, 0);
  await docker.containers.stop(id, 5);
  t.is((await docker.containers.inspect(id))?.state, 'exited');
  t.is(await docker.containers.logs(id), 'waiting\n');
  await docker.containers.remove(id);
  await docker.containers.remove(id);
  t.is(await docker.containers.inspect(id), undefined);
});

test('waiting for a container ends with the signal', async (t) => {
  const id = await started();
  await t.throwsAsync(docker.containers.wait(id, abortedAfter(200)), { message: 'enough' });
});

test('logs hold both streams, and only the last lines when asked', async (t) => {
  const id = await started({ command: ['both', '7'] });
  t.is(await docker.containers.wait(id, AbortSignal.timeout(20_000)), 7);
  const log = await docker.containers.logs(id);
  t.true(log.includes('to stdout\n') && log.includes('to stderr\n'));
  t.is((await docker.containers.logs(id, { tail: 1 })).split('\n').length, 2);
  t.is((await docker.containers.list(labels)).find((one) => one.id === id)?.exitCode, 7);
});

test('no capability and no new privilege unless asked for', async (t) => {
  const none = (await docker.containers.exec(await started(), ['/probe', 'read', '/proc/self/status']))
    .stdout;
  t.regex(none, /CapEff:\t0+\n/);
  t.regex(none, /CapBnd:\t0+\n/);
  t.regex(none, /NoNewPrivs:\t1/);
  const one = await started({ capabilities: ['NET_ADMIN'], noNewPrivileges: false });
  const status = (await docker.containers.exec(one, ['/probe', 'read', '/proc/self/status'])).stdout;
  t.regex(status, /CapBnd:\t0{12}1000\n/);
  t.regex(status, /NoNewPrivs:\t0/);
});

test('exec gives the exit code, both streams, environment and user', async (t) => {
  const id = await started();
  t.deepEqual(await docker.containers.exec(id, ['/probe', 'both', '3']), {
    exitCode: 3,
    stdout: 'to stdout\n',
    stderr: 'to stderr\n',
  });
  const named = await docker.containers.exec(id, ['/probe', 'env', 'WORD'], {
    env: ['WORD=a b'],
    user: '107',
  });
  t.is(named.stdout, 'a b 107');
});

test('a program that is left to itself is not waited for, and nothing is left of it when it ends', async (t) => {
  const id = await started();
  const processes = async (): Promise<number> =>
    Number((await docker.containers.exec(id, ['/probe', 'processes'])).stdout);
  const before = await processes();
  await docker.containers.execDetached(id, ['/probe', 'sleep', '2']);
  t.is(await processes(), before + 1);
  while ((await processes()) > before) await new Promise((resolve) => setTimeout(resolve, 100));
  await rejectsWith(t, 'NOT_FOUND', docker.containers.execDetached('gocli-nothing', ['/probe']));
});

test('exec feeds a program and tells it the end of its input', async (t) => {
  const id = await started();
  const word = 'äöü'.repeat(300_000);
  t.is((await docker.containers.exec(id, ['/probe', 'cat'], { stdin: 'short' })).stdout, 'short');
  t.is((await docker.containers.exec(id, ['/probe', 'cat'], { stdin: '' })).stdout, '');
  t.true((await docker.containers.exec(id, ['/probe', 'cat'], { stdin: word })).stdout === word);
  const stream = Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(50_000, 'y')));
  t.is((await docker.containers.exec(id, ['/probe', 'cat'], { stdin: stream })).stdout.length, 2_500_000);
});

test('a program that does not read its input ends with its own code and output', async (t) => {
  const id = await started();
  for (let round = 0; round < 10; round += 1) {
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(50_000));
      },
    });
    for (const stdin of [Buffer.alloc(20_000_000), endless, new Readable({ read: () => undefined })]) {
      const result = await docker.containers.exec(id, ['/probe', 'both', '4'], { stdin });
      t.deepEqual(result, { exitCode: 4, stdout: 'to stdout\n', stderr: 'to stderr\n' });
    }
  }
});

test('an output that fails fails the exec', async (t) => {
  const id = await started();
  const full = new Writable({
    write(_chunk, _encoding, done) {
      done(new Error('the disk is full'));
    },
  });
  const exec = docker.containers.exec(id, ['/probe', 'spill', '100', '100000'], { stdout: full });
  const error = await t.throwsAsync(exec);
  t.regex(String(error.cause), /the disk is full/);
});

test('an input that fails fails the exec', async (t) => {
  const id = await started();
  const broken = new Readable({
    read() {
      this.destroy(new Error('the disk broke'));
    },
  });
  const signal = AbortSignal.timeout(5000);
  const error = await t.throwsAsync(docker.containers.exec(id, ['/probe', 'cat'], { stdin: broken, signal }));
  t.regex(`${String(error)} ${String(error.cause)}`, /the disk broke/);
});

test('much output arrives whole, in large and in tiny pieces, also at a slow reader', async (t) => {
  const id = await started();
  t.is((await docker.containers.exec(id, ['/probe', 'spill', '64', '1000000'])).stdout.length, 64_000_000);
  t.is((await docker.containers.exec(id, ['/probe', 'spill', '200000', '1'])).stdout.length, 200_000);
  let bytes = 0;
  const slow = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      setTimeout(done, 1);
    },
  });
  const result = await docker.containers.exec(id, ['/probe', 'spill', '20', '1000000'], { stdout: slow });
  t.is(result.stdout, '');
  t.is(bytes, 20_000_000);
});

test('aborting an exec returns at once with the reason', async (t) => {
  const id = await started();
  for (const fed of [false, true]) {
    for (const ms of [0, 1, 10, 300]) {
      const start = performance.now();
      const stdin = fed ? { stdin: new Readable({ read: () => undefined }) } : {};
      const exec = docker.containers.exec(id, ['/probe', 'sleep', '30'], {
        signal: abortedAfter(ms),
        ...stdin,
      });
      await t.throwsAsync(exec, { message: 'enough' });
      t.true(performance.now() - start < 3000);
    }
  }
});

test('exec says what is wrong with container or program', async (t) => {
  await rejectsWith(t, 'NOT_FOUND', docker.containers.exec('gocli-it-absent', ['/probe']));
  const id = await docker.containers.create(spec());
  await rejectsWith(t, 'CONFLICT', docker.containers.exec(id, ['/probe']));
  await docker.containers.start(id);
  const absent = await docker.containers.exec(id, ['/absent']).catch((error: unknown) => error);
  t.true(absent instanceof Error || (absent as { exitCode: number }).exitCode !== 0);
});

test('connect gives a two-way stream that ends with the program', async (t) => {
  const id = await started();
  const stream = await docker.containers.connect(id, ['/probe', 'cat']);
  for (const word of ['one\n', 'two\n']) {
    stream.write(word);
    const [answer] = (await once(stream, 'data')) as [Buffer];
    t.is(answer.toString(), word);
  }
  stream.end('three\n');
  t.is(await text(stream), 'three\n');
  const short = await docker.containers.connect(id, ['/probe', 'both', '1']);
  t.is(await text(short), 'to stdout\n');
});

test('destroying a connection ends the program', async (t) => {
  const id = await started();
  const stream = await docker.containers.connect(id, ['/probe', 'cat']);
  stream.write('x');
  await once(stream, 'data');
  stream.destroy();
  const running = async (): Promise<number> =>
    Number((await docker.containers.exec(id, ['/probe', 'processes'])).stdout);
  // The first process, the counting one, and for a moment the one that is told the end of its input.
  for (let left = 50; left > 0 && (await running()) > 2; left -= 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  t.is(await running(), 2);
});

test('files go in and out', async (t) => {
  const id = await docker.containers.create(spec());
  await docker.containers.putFiles(id, '/data', [
    { path: 'deep/er/a.txt', content: 'a', mode: 0o640, uid: 107, gid: 107 },
    { path: 'b.bin', content: Buffer.alloc(3_000_000, 7) },
  ]);
  t.is((await docker.containers.readFile(id, '/data/deep/er/a.txt')).toString(), 'a');
  t.is((await docker.containers.readFile(id, '/data/b.bin')).length, 3_000_000);
  await docker.containers.putArchive(id, '/data', packFiles([{ path: 'c.txt', content: 'c', mode: 0o600 }]));
  const files = await unpack(await docker.containers.getArchive(id, '/data'));
  t.deepEqual(files.map(({ path, mode }) => [path, mode]).sort(), [
    ['data/b.bin', 0o644],
    ['data/c.txt', 0o600],
    ['data/deep/er/a.txt', 0o640],
  ]);
  await rejectsWith(t, 'NOT_FOUND', docker.containers.readFile(id, '/data/absent'));
  await rejectsWith(t, 'NOT_FOUND', docker.containers.readFile(id, '/data'));
  await rejectsWith(t, 'NOT_FOUND', docker.containers.getArchive(id, '/absent'));
});

test('ports are published on loopback only, chosen by the daemon when not named', async (t) => {
  const ports = [
    { containerPort: 80, protocol: 'tcp', hostPort: 0 },
    { containerPort: 31111, protocol: 'udp', hostPort: 0 },
  ] as const;
  const id = await started({ network: 'bridge', ports });
  const published = (await docker.containers.inspect(id))?.ports ?? [];
  t.deepEqual(published.map(({ containerPort, protocol }) => [containerPort, protocol]).sort(), [
    [31111, 'udp'],
    [80, 'tcp'],
  ]);
  t.true(published.every(({ hostPort }) => hostPort > 1024));
  const listed = (await docker.containers.list(labels)).find((one) => one.id === id);
  const byPort = (all: readonly PublishedPort[]): PublishedPort[] =>
    all.toSorted((a, b) => a.containerPort - b.containerPort);
  t.deepEqual(byPort(listed?.ports ?? []), byPort(published));
  const tcp = published.find(({ protocol }) => protocol === 'tcp')?.hostPort ?? 0;
  const socket = dial({ host: '127.0.0.1', port: tcp });
  await once(socket, 'connect');
  socket.destroy();
});

test('a taken port is named', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const hostPort = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const id = await docker.containers.create(
    spec({ network: 'bridge', ports: [{ containerPort: 80, protocol: 'tcp', hostPort }] }),
  );
  t.regex(await rejectsWith(t, 'PORT_TAKEN', docker.containers.start(id)), new RegExp(hostPort.toFixed(0)));
  server.close();
  const first = await started({
    network: 'bridge',
    ports: [{ containerPort: 80, protocol: 'tcp', hostPort: 0 }],
  });
  const taken = (await docker.containers.inspect(first))?.ports[0]?.hostPort ?? 0;
  const second = await docker.containers.create(
    spec({ network: 'bridge', ports: [{ containerPort: 80, protocol: 'tcp', hostPort: taken }] }),
  );
  t.regex(await rejectsWith(t, 'PORT_TAKEN', docker.containers.start(second)), new RegExp(taken.toFixed(0)));
});

test('a name that exists and an image that does not have their own errors', async (t) => {
  const one = spec();
  await docker.containers.create(one);
  await rejectsWith(t, 'CONFLICT', docker.containers.create(one));
  await rejectsWith(t, 'IMAGE_MISSING', docker.containers.create(spec({ image: 'gocli-it-absent:1' })));
});

test('a volume is shared, listed, in use, and removed', async (t) => {
  const name = `gocli-${RUN}-volume`;
  await docker.volumes.create(name, { ...labels, kind: 'volume' });
  t.deepEqual(await docker.volumes.list({ ...labels, kind: '' }), [
    { name, labels: { ...labels, kind: 'volume' } },
  ]);
  const mounts = [{ type: 'volume', source: name, target: '/data' }] as const;
  const id = await docker.containers.create(spec({ mounts }));
  await docker.containers.putFiles(id, '/data', [{ path: 'a', content: 'kept' }]);
  await rejectsWith(t, 'CONFLICT', docker.volumes.remove(name));
  await docker.containers.remove(id);
  const again = await started({
    mounts: [
      { ...mounts[0], readOnly: true },
      { type: 'tmpfs', target: '/tmp' },
    ],
  });
  t.is((await docker.containers.exec(again, ['/probe', 'read', '/data/a'])).stdout, 'kept');
  await docker.containers.remove(again);
  await docker.volumes.remove(name);
  await docker.volumes.remove(name);
  t.deepEqual(await docker.volumes.list({ ...labels, kind: '' }), []);
});

test('a stopped container is committed with its changes', async (t) => {
  const id = await docker.containers.create(spec());
  await docker.containers.putFiles(id, '/data', [{ path: 'a', content: 'committed' }]);
  const reference = `gocli-it-committed:${RUN}`;
  const image = await docker.images.commit(id, reference, { changes: ['LABEL further="a b"'] });
  t.is((await docker.images.inspect(reference))?.id, image);
  t.deepEqual((await docker.images.inspect(reference))?.labels, { ...labels, further: 'a b' });
  const saved = await docker.images.save([reference]);
  t.true((await unpack(saved)).some(({ path }) => path === 'manifest.json'));
});

test('a shared namespace, a sysctl and a read-only root are honoured', async (t) => {
  const owner = await started({ network: 'bridge', sysctls: { 'net.ipv4.ip_forward': '1' } });
  const guest = await started({ network: `container:${owner}`, readOnlyRootfs: true });
  t.is(
    (await docker.containers.exec(guest, ['/probe', 'read', '/proc/sys/net/ipv4/ip_forward'])).stdout,
    '1\n',
  );
  t.regex(
    (await docker.containers.exec(guest, ['/probe', 'read', '/proc/mounts'])).stdout,
    /^overlay \/ overlay ro,/m,
  );
});
