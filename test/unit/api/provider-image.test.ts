import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Context } from '../../../gocli-ts/src/api/context.ts';
import { operate } from '../../../gocli-ts/src/api/operation.ts';
import {
  imageReference,
  localImage,
  obtainImage,
  type ImageRequest,
} from '../../../gocli-ts/src/api/provider-image.ts';
import { makeConsole, type Console } from '../../helpers/console.ts';
import { addProvider, VM_FACTS } from '../../helpers/engine.ts';

const LOCAL: ImageRequest = { provider: 'vm-1', provision: false };

async function setUp(t: ExecutionContext): Promise<Console & { work: Context }> {
  const console = await makeConsole(t);
  const folder = join(console.context.checkout, 'cluster-provision', 'vm', '1');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'provider.yaml'), 'name: vm-1\n');
  const { engine } = console;
  const { emit, signal } = engine;
  const execution = { operation: 'run', onEvent: emit, signal };
  const work = await operate(execution, console.context, (own) => Promise.resolve(own));
  return { ...console, work };
}

test('a reference is local, or that of a registry', async (t) => {
  const { work } = await setUp(t);
  t.is(await imageReference(LOCAL, work), 'gocli/vm-1:latest');
  t.is(await imageReference({ ...LOCAL, tag: 'v2' }, work), 'gocli/vm-1:v2');
  const registry = 'r.example:5000';
  t.is(await imageReference({ ...LOCAL, registry }, work), 'r.example:5000/gocli/vm-1:latest');
  const elsewhere = { ...LOCAL, registry: 'r.example', organisation: 'a/b', tag: 'v2' };
  t.is(await imageReference(elsewhere, work), 'r.example/a/b/vm-1:v2');
});

test('a word that no provider can have as its name is an unknown provider, and no part of a reference', async (t) => {
  const { engine, work } = await setUp(t);
  for (const provider of ['../../x', '', 'A', 'a b', 'vm..1', 'vm-1:x', 'vm-1/', 'Vm-1', 'x'.repeat(41)]) {
    for (const find of [obtainImage, localImage]) {
      const error = await t.throwsAsync(find({ ...LOCAL, provider, provision: true }, work), {
        code: 'PROVIDER_UNKNOWN',
        message: new RegExp(`^there is no provider "${provider}"\\.`),
      });
      t.like(error, { hint: 'Providers: vm-1' });
    }
  }
  t.false(engine.docker.calls.some(({ method }) => method.startsWith('images.')));
});

test('a local image is all that is looked for where nothing may be changed', async (t) => {
  const { engine, work } = await setUp(t);
  await t.throwsAsync(localImage({ ...LOCAL, registry: 'r.example' }, work), { code: 'IMAGE_MISSING' });
  const error = await t.throwsAsync(localImage(LOCAL, work), { code: 'IMAGE_MISSING' });
  t.regex((error as unknown as { hint: string }).hint, /gocli provision .*cluster-provision\/vm\/1/);
  t.false(engine.docker.calls.some(({ method }) => method === 'images.pull'));
});

test('a local image is taken, and nothing is pulled', async (t) => {
  const { engine, work } = await setUp(t);
  const image = addProvider(engine.docker, VM_FACTS);
  t.deepEqual(await obtainImage(LOCAL, work), { image, reference: 'gocli/vm-1:latest' });
  t.false(engine.docker.calls.some(({ method }) => method === 'images.pull'));
});

test('where no rig can run, none is fetched or made: that takes minutes', async (t) => {
  const { engine, work } = await setUp(t);
  const { about } = engine.docker;
  for (const changed of [
    { rootless: true },
    { remapsUsers: true },
    { bridge: undefined },
    { bridge: { subnets: ['192.168.66.0/24'], gateway: '192.168.66.1' } },
    { bridge: { subnets: ['203.0.113.0/24'], gateway: '203.0.113.1' }, isHere: false },
  ]) {
    engine.docker.about = { ...about, ...changed };
    for (const wanted of [{ registry: 'r.example' }, { provision: true }])
      await t.throwsAsync(obtainImage({ ...LOCAL, ...wanted }, work), { code: 'DOCKER_UNSUPPORTED' });
  }
  t.false(engine.docker.calls.some(({ method }) => method === 'images.pull'));
  // What was asked for is out of the way.
  engine.docker.about = { ...about, bridge: { subnets: ['192.168.66.0/24'] } };
  await t.throwsAsync(obtainImage({ ...LOCAL, network: '198.51.100.0/24' }, work), { code: 'IMAGE_MISSING' });
});

test('from a registry it is pulled when it is not there', async (t) => {
  const { engine, work } = await setUp(t);
  const request = { ...LOCAL, registry: 'r.example' };
  await t.throwsAsync(obtainImage(request, work), { code: 'IMAGE_MISSING' });
  const pulled = engine.docker.calls
    .filter(({ method }) => method === 'images.pull')
    .map(({ args }) => args[0]);
  t.deepEqual(pulled, ['r.example/gocli/vm-1:latest']);
  t.true(engine.events.some((event) => event.type === 'step-end' && event.outcome === 'failed'));
});

test('an image that is not there is an error that says what to type; so is a tag that is not built here', async (t) => {
  const { work } = await setUp(t);
  for (const request of [LOCAL, { ...LOCAL, provision: true, tag: 'v2' }]) {
    const error = await t.throwsAsync(obtainImage(request, work), { code: 'IMAGE_MISSING' });
    t.regex((error as unknown as { hint: string }).hint, /gocli provision .*cluster-provision\/vm\/1/);
  }
});

test('an unknown provider is an error with the nearest name, and all of them', async (t) => {
  const { work } = await setUp(t);
  const error = await t.throwsAsync(obtainImage({ ...LOCAL, provider: 'vm-11' }, work), {
    code: 'PROVIDER_UNKNOWN',
    message: 'there is no provider "vm-11". Did you mean "vm-1"?',
  });
  t.like(error, { hint: 'Providers: vm-1', exitCode: 4 });
});
