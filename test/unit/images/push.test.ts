import test, { type ExecutionContext } from 'ava';
import { archivedFiles } from '../../../gocli-ts/src/images/archive.ts';
import { imagesIn } from '../../../gocli-ts/src/images/in-archive.ts';
import { push, type Pushed } from '../../../gocli-ts/src/images/push.ts';
import { Registry } from '../../../gocli-ts/src/images/registry.ts';
import { FakeRegistry } from '../../fakes/registry.ts';
import {
  dockerEntries,
  digestOf,
  layer,
  ociImage,
  ociLayout,
  sourceOf,
  tar,
  type Entry,
} from '../../helpers/image-archives.ts';

const never = new AbortController().signal;
const LOWER = await layer('lower'.repeat(100_000));
const UPPER = await layer('upper');

async function fake(t: ExecutionContext): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start();
  t.teardown(() => registry[Symbol.asyncDispose]());
  return registry;
}

async function pushed(
  entries: readonly Entry[],
  to: FakeRegistry,
  signal = never,
  told: { message?: string; bytes?: number; totalBytes?: number }[] = [],
): Promise<Pushed> {
  const source = sourceOf(await tar(entries));
  const images = imagesIn(await archivedFiles(source, never), source.name);
  using registry = new Registry(to.port);
  const step = { progress: (update: (typeof told)[number]) => told.push(update) };
  return await push(images, source, registry, step, signal);
}

test('only what the registry lacks is sent, then the manifest; each layer is told of', async (t) => {
  const registry = await fake(t);
  const first = await pushed(dockerEntries([LOWER, UPPER]), registry);
  t.like(first, { blobs: 3, sent: 3 });
  t.deepEqual(registry.blobs.get(digestOf(LOWER)), LOWER);
  t.is(registry.manifests.size, 1);
  const other = await layer('other');
  const told: { message?: string }[] = [];
  const second = await pushed(dockerEntries([LOWER, other]), registry, never, told);
  t.is(second.sent, 2, 'the other layer and the configuration');
  t.true(registry.blobs.has(digestOf(other)));
  t.is(registry.manifests.size, 2);
  t.deepEqual(
    told.map(({ message }) => message?.replace(/ sha256:\w+/, '')),
    ['layer 1 of 2:', 'layer 2 of 2:'],
  );
  registry.requests.length = 0;
  t.deepEqual(await pushed(dockerEntries([LOWER, other]), registry), { blobs: 3, sent: 0, bytes: 0 });
  t.false(
    registry.requests.some((one) => one.startsWith('POST')),
    'nothing is sent',
  );
});

test('the manifest of an OCI layout arrives byte by byte', async (t) => {
  const registry = await fake(t);
  const image = ociImage([LOWER]);
  await pushed(ociLayout([image]), registry);
  const [digest = '', content = ''] = [...registry.manifests][0] ?? [];
  t.is(digest, image.descriptor.digest);
  t.is(digestOf(content), digest);
});

test('a damaged layer is said, and nothing half-made stays', async (t) => {
  const registry = await fake(t);
  const entries = dockerEntries([LOWER]).map((entry): Entry => [
    entry[0],
    entry[0].endsWith('.tar') ? Buffer.alloc(LOWER.length) : entry[1],
  ]);
  await t.throwsAsync(pushed(entries, registry), { code: 'BAD_ARCHIVE', message: /another digest/ });
  t.deepEqual([registry.uploads.size, registry.manifests.size], [0, 0]);
});

test('a registry that refuses, breaks off or is full is an error of its own', async (t) => {
  const registry = await fake(t);
  const answer = (status: number, body: string) => {
    registry.instead = (request, response) => {
      if (request.method !== 'PUT') return false;
      response.writeHead(status).end(body);
      return true;
    };
  };
  answer(503, 'busy');
  await t.throwsAsync(pushed(dockerEntries([LOWER]), registry), { code: 'REGISTRY', message: /503/ });
  answer(500, '{"errors":[{"message":"write /data: no space left on device"}]}');
  await t.throwsAsync(pushed(dockerEntries([LOWER]), registry), { code: 'DISK_FULL' });
  registry.instead = (request) => {
    if (request.method === 'PUT') request.socket.destroy();
    return request.method === 'PUT';
  };
  await t.throwsAsync(pushed(dockerEntries([LOWER]), registry), { code: 'REGISTRY', message: /broke/ });
  t.deepEqual([registry.uploads.size, registry.manifests.size], [0, 0]);
});

test('an interrupt ends a push with its reason, and withdraws what was begun', async (t) => {
  const registry = await fake(t);
  const stop = new AbortController();
  const reason = new Error('stop');
  registry.instead = (request) => {
    if (request.method !== 'PUT') return false;
    // It never answers.
    setImmediate(() => {
      stop.abort(reason);
    });
    return true;
  };
  await t.throwsAsync(pushed(dockerEntries([LOWER]), registry, stop.signal), { is: reason });
  t.deepEqual([registry.uploads.size, registry.manifests.size], [0, 0]);
});
