import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Context } from '../../../gocli-ts/src/api/context.ts';
import { operate } from '../../../gocli-ts/src/api/operation.ts';
import { localImage, obtainImage } from '../../../gocli-ts/src/api/provider-image.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { rememberPublished, type PublishedProvider } from '../../../gocli-ts/src/provider/providers-lock.ts';
import { makeConsole, type Console } from '../../helpers/console.ts';
import { addProvider, VM_FACTS } from '../../helpers/engine.ts';

const REQUEST = { provider: 'vm-1', provision: false };
const DIGEST = `sha256:${'d'.repeat(64)}`;
const CONFIG = `sha256:${'c'.repeat(64)}`;
const PUBLISHED: PublishedProvider = {
  provider: 'vm-1',
  repository: 'r.example/team/vm-1',
  tag: '3001010000-0123abc',
  digest: DIGEST,
  config: CONFIG,
  recipe: 'aa11',
};
const OWN = 'gocli/vm-1:3001010000-0123abc';

interface Bench extends Console {
  readonly work: Context;
  /** What is pulled from the registry. */
  readonly serve: (id: string) => void;
  readonly pulls: () => unknown[];
}

async function bench(t: ExecutionContext): Promise<Bench> {
  const console = await makeConsole(t);
  const folder = join(console.context.checkout, 'cluster-provision', 'vm', '1');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'provider.yaml'), 'name: vm-1\n');
  await rememberPublished(console.context.checkout, PUBLISHED);
  const { emit, signal, docker } = console.engine;
  const real = docker.images.pull.bind(docker.images);
  const execution = { operation: 'run', onEvent: emit, signal };
  return {
    ...console,
    work: await operate(execution, console.context, (own) => Promise.resolve(own)),
    serve: (id) => {
      docker.images.pull = (reference, options) => {
        const image = { id, tags: [reference], labels: {}, size: 1, created: '2030-01-01T00:00:00Z' };
        docker.imageStore.set(id, image);
        return real(reference, options);
      };
    },
    pulls: () => docker.calls.filter(({ method }) => method === 'images.pull').map(({ args }) => args[0]),
  };
}

test('a published image is pulled by its digest, once, and it is said from where', async (t) => {
  const { work, serve, pulls, engine } = await bench(t);
  await t.throwsAsync(localImage(REQUEST, work), { code: 'IMAGE_MISSING' });
  serve(CONFIG);
  t.like(await obtainImage(REQUEST, work), { reference: OWN, image: { id: CONFIG } });
  t.deepEqual(pulls(), [`r.example/team/vm-1@${DIGEST}`]);
  t.deepEqual((await engine.docker.images.inspect(OWN))?.tags, [OWN]);
  t.true(
    engine.events.some(
      (event) =>
        event.type === 'step-start' && event.title.startsWith('Pulling vm-1 from r.example/team/vm-1'),
    ),
  );
  t.like(await obtainImage(REQUEST, work), { reference: OWN });
  t.like(await localImage(REQUEST, work), { reference: OWN });
  t.is(pulls().length, 1);
});

test('an image that was made here goes before it; a later one of providers.lock is pulled anew', async (t) => {
  const { work, serve, pulls, engine, context } = await bench(t);
  serve(CONFIG);
  await obtainImage(REQUEST, work);
  const later = `sha256:${'e'.repeat(64)}`;
  await rememberPublished(context.checkout, { ...PUBLISHED, tag: 'later', digest: later, config: later });
  serve(later);
  t.like(await obtainImage(REQUEST, work), { reference: 'gocli/vm-1:later', image: { id: later } });
  t.is(pulls().length, 2);
  addProvider(engine.docker, VM_FACTS);
  t.like(await obtainImage(REQUEST, work), { reference: 'gocli/vm-1:latest' });
});

test('another registry or tag that is asked for is not the published one', async (t) => {
  const { work, pulls } = await bench(t);
  await t.throwsAsync(obtainImage({ ...REQUEST, tag: 'v2' }, work), { code: 'IMAGE_MISSING' });
  t.deepEqual(pulls(), []);
  await t.throwsAsync(obtainImage({ ...REQUEST, registry: 'other.example' }, work), {
    code: 'IMAGE_MISSING',
  });
  t.deepEqual(pulls(), ['other.example/gocli/vm-1:latest']);
});

test('another image than was published is refused', async (t) => {
  const { work, serve, engine } = await bench(t);
  serve(`sha256:${'f'.repeat(64)}`);
  await t.throwsAsync(obtainImage(REQUEST, work), {
    code: 'CHECKSUM',
    message: /another image than was published/,
  });
  t.is(engine.docker.imageStore.size, 0, 'it does not stay');
  engine.docker.failNext('images.pull', new GocliError('CHECKSUM', 'other content'));
  await t.throwsAsync(obtainImage(REQUEST, work), { code: 'CHECKSUM' });
});

test('a registry that is busy is asked again; what will not be otherwise is not', async (t) => {
  const { work, serve, engine, pulls } = await bench(t);
  serve(CONFIG);
  const busy = new GocliError('DOWNLOAD', 'no', {
    observed: 'received unexpected HTTP status: 503 Service Unavailable',
  });
  engine.docker.failNext('images.pull', busy).failNext('images.pull', busy);
  await obtainImage(REQUEST, work);
  t.deepEqual(engine.clock.sleeps, [1000, 2000]);
  await rememberPublished(work.checkout, { ...PUBLISHED, tag: 'other' });
  await engine.docker.images.remove(CONFIG);
  const unknown = new GocliError('DOWNLOAD', 'no', { observed: 'dial tcp: lookup r.example: no such host' });
  engine.docker.failNext('images.pull', unknown);
  await t.throwsAsync(obtainImage(REQUEST, work), { code: 'DOWNLOAD' });
  t.is(pulls().length, 4);
});
