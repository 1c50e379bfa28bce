import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { firstFile, packFiles } from '../../../../gocli-ts/src/place/docker/archive.ts';
import { dockerodeEngine } from '../../../../gocli-ts/src/place/docker/dockerode.ts';
import type { Docker } from '../../../../gocli-ts/src/place/interface.ts';
import { readProgress } from '../../../../gocli-ts/src/place/docker/progress.ts';

/** Far more than any of these need; what hangs is seen as that instead of as a test without an end. */
async function settled<T>(work: Promise<T>): Promise<T> {
  const late = delay(5000, undefined, { ref: false }).then(() =>
    Promise.reject(new Error('it never settled')),
  );
  return Promise.race([work, late]);
}

/** A daemon that begins an answer to every request. */
async function daemon(t: ExecutionContext, answer: (response: ServerResponse) => void): Promise<Docker> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-daemon-'));
  const socket = join(folder, 'docker.sock');
  const server = createServer((request, response) => {
    request.on('error', () => undefined).resume();
    answer(response);
  }).listen(socket);
  await once(server, 'listening');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  return dockerodeEngine({ DOCKER_HOST: `unix://${socket}` });
}

/** A tar of one file, 100 kB long, up to so many bytes. */
async function partOfFile(length: number): Promise<Buffer> {
  const whole = await buffer(packFiles([{ path: 'a', content: Buffer.alloc(100_000, 'x') }]));
  return whole.subarray(0, length);
}

/** Gives the bytes and then breaks off. */
function broken(bytes: Buffer, error?: Error): Readable {
  const stream = new PassThrough();
  stream.write(bytes);
  setTimeout(() => stream.destroy(error), 10);
  return stream;
}

for (const length of [0, 100, 600, 50_000]) {
  test(`a file whose tar breaks off after ${length} bytes is an error`, async (t) => {
    const bytes = await partOfFile(length);
    await t.throwsAsync(settled(firstFile(broken(bytes), 'a')), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
    await t.throwsAsync(settled(firstFile(broken(bytes, new Error('cut')), 'a')), { message: 'cut' });
    await t.throwsAsync(settled(firstFile(Readable.from([bytes]), 'a')));
  });
}

test('a file whose tar stands still ends with the signal', async (t) => {
  const stream = new PassThrough();
  stream.write(await partOfFile(600));
  const stop = new AbortController();
  const reading = firstFile(stream, 'a', stop.signal);
  const reason = new Error('stop');
  stop.abort(reason);
  await t.throwsAsync(settled(reading), { is: reason });
  t.true(stream.destroyed);
});

test('progress that breaks off is an error, though readline does not notice', async (t) => {
  for (const error of [undefined, new Error('cut')]) {
    const stream = broken(Buffer.from('{"status":"Pulling"}\n{"sta'), error);
    await t.throwsAsync(settled(readProgress(stream, () => undefined)), {
      message: error?.message ?? 'Premature close',
    });
  }
});

test('an answer that is cut is an error of the daemon, whatever was asked', async (t) => {
  const bytes = await partOfFile(600);
  const docker = await daemon(t, (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.write(bytes);
    setTimeout(() => response.destroy(), 20);
  });
  const { containers, images } = docker;
  const asked: Promise<unknown>[] = [
    containers.readFile('c', '/a'),
    containers.inspect('c'),
    containers.logs('c'),
    containers.wait('c', new AbortController().signal),
    containers.list({}),
    images.inspect('i'),
  ];
  for (const work of asked) await t.throwsAsync(settled(work), { code: 'DOCKER' });
});

test('a daemon that does not go on answering is left when the signal says so', async (t) => {
  const docker = await daemon(t, (response) => {
    response.writeHead(200).flushHeaders();
  });
  const stop = new AbortController();
  const reason = new Error('stop');
  const { signal } = stop;
  const { containers } = docker;
  const asked = [
    containers.readFile('c', '/a', signal),
    containers.exec('c', ['true'], { signal }),
    containers.putArchive('c', '/', new PassThrough(), signal),
    containers.wait('c', signal),
  ];
  setTimeout(() => {
    stop.abort(reason);
  }, 50);
  for (const result of await settled(Promise.allSettled(asked))) {
    t.is(result.status === 'rejected' ? result.reason : 'it ended well', reason);
  }
});

test('a stream that breaks off while it is sent is an error, not a request without an end', async (t) => {
  const docker = await daemon(t, () => undefined);
  const { containers, images } = docker;
  const signal = new AbortController().signal;
  const bytes = await partOfFile(600);
  await t.throwsAsync(settled(containers.putArchive('c', '/', broken(bytes))), { code: 'DOCKER' });
  await t.throwsAsync(settled(images.importRootfs(broken(bytes), 'a:b', { changes: [], signal })), {
    code: 'DOCKER',
  });
});

test('a request that the daemon refuses does not leave the sender of its stream waiting', async (t) => {
  const docker = await daemon(t, (response) => {
    response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"message":"no such container"}');
  });
  const stream = new PassThrough();
  stream.write(await partOfFile(600));
  await t.throwsAsync(settled(docker.containers.putArchive('c', '/', stream)), { code: 'NOT_FOUND' });
  t.true(stream.destroyed);
});
