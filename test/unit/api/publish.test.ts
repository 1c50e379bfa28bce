import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { FACTS_LABEL, RECIPE_LABEL } from '../../../gocli-ts/src/provider/facts.ts';
import { publishedFile } from '../../../gocli-ts/src/provider/providers-lock.ts';
import { FakeRemote } from '../../fakes/remote-registry.ts';
import { makeConsole, type Console } from '../../helpers/console.ts';
import { VM_FACTS } from '../../helpers/engine.ts';
import { AMD64, digestOf, layer, tar } from '../../helpers/image-archives.ts';

const LAYER = await layer('disk');

interface Bench extends Console {
  readonly fake: FakeRemote;
  /** Makes the local image of vm-1, by a recipe. */
  readonly build: (recipe: string, layers?: readonly Buffer[]) => string;
  readonly publish: (...flags: string[]) => ReturnType<Console['run']>;
  readonly lock: () => Promise<string>;
}

async function bench(t: ExecutionContext): Promise<Bench> {
  const console = await makeConsole(t);
  const fake = await FakeRemote.start();
  t.teardown(() => fake[Symbol.asyncDispose]());
  const { checkout } = console.context;
  await mkdir(checkout, { recursive: true });
  console.host.respond(([program]) => (program === 'git' ? { stdout: '0123abc\n' } : undefined));
  return {
    ...console,
    fake,
    build: (recipe, layers = [LAYER]) => {
      const labels = { [FACTS_LABEL]: JSON.stringify(VM_FACTS), [RECIPE_LABEL]: recipe };
      const about = JSON.stringify({
        ...AMD64,
        config: { Labels: labels },
        rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
      });
      const id = digestOf(about);
      const { docker } = console.engine;
      docker.imageStore.clear();
      const image = { id, tags: ['gocli/vm-1:latest'], labels, size: 1, created: '2030-01-01T00:00:00Z' };
      docker.imageStore.set(id, { ...image, layers: layers.map(digestOf), platform: AMD64 });
      const paths = layers.map((_, at) => `${at.toFixed(0)}/layer.tar`);
      const list = [{ Config: 'about.json', RepoTags: ['gocli/vm-1:latest'], Layers: paths }];
      docker.images.save = async () =>
        Readable.from([
          await tar([
            ['about.json', about],
            ...layers.map((content, at) => [paths[at] ?? '', content] as const),
            ['manifest.json', JSON.stringify(list)],
          ]),
        ]);
      return id;
    },
    publish: (...flags) => console.run('publish', 'vm-1', '--registry', `${fake.host}/team`, ...flags),
    lock: () => readFile(publishedFile(checkout), 'utf8'),
  };
}

test('an image gets a tag by time and commit, and latest; providers.lock says by which digest it is pulled', async (t) => {
  const { fake, build, publish, lock } = await bench(t);
  const id = build('aa11');
  const { code, stdout, stderr } = await publish();
  t.is(code, 0, stderr);
  t.deepEqual([...fake.manifests.keys()].filter((key) => !key.includes('@')).sort(), [
    'team/vm-1:3001010000-0123abc',
    'team/vm-1:latest',
  ]);
  const digest = digestOf(fake.manifests.get('team/vm-1:latest')?.content ?? '');
  t.true((await lock()).endsWith(`vm-1 ${fake.host}/team/vm-1 3001010000-0123abc ${digest} ${id} aa11\n`));
  t.true(stdout.includes(digest));
});

test('an image by the recipe of latest gets a further tag, and no layer travels', async (t) => {
  const { fake, build, publish, lock } = await bench(t);
  build('aa11');
  await publish('--tag', 'one');
  const before = await lock();
  // Made anew by the same recipe: another image, as the times in it differ.
  build('aa11', [LAYER, await layer('later')]);
  fake.requests.length = 0;
  const { code, stdout } = await publish('--tag', 'two');
  t.is(code, 0);
  t.regex(stdout, /there already/);
  t.is(fake.asked('POST').length, 0);
  t.is(await lock(), before.replace(' one ', ' two '));
  build('bb22', [LAYER, await layer('later')]);
  const json = JSON.parse((await publish('--tag', 'three', '-o', 'json')).stdout) as object;
  t.like(json, { retagged: false, sent: 1, layers: 2, tag: 'three', recipe: 'bb22' });
});

test('what is wrong is said before anything is sent', async (t) => {
  const { fake, build, publish, context, ...console } = await bench(t);
  t.like(await publish(), { code: 4 }, 'no provider');
  build('aa11');
  for (const [words, reason] of [
    [['--registry', 'https://quay.io/team'], /--registry: .* names no place in a registry/],
    [['--registry', 'quay.io'], /--registry: .* names no place in a registry/],
    [['--registry', 'quay.io:99999/team'], /--registry: .* names no place in a registry/],
    [['--registry', '$(id)/team'], /--registry: .* names no place in a registry/],
    [['--registry', `${fake.host}/team`, '--tag', 'a b'], /--tag: .* is not the tag of an image/],
    [['--registry', `${fake.host}/team`, '--ca', '/nowhere/ca.pem'], /\/nowhere\/ca\.pem/],
    [['--registry', `${fake.host}/team`, '--ca', import.meta.filename], /holds no certificate/],
  ] as const) {
    const { code, stderr } = await console.run('publish', 'vm-1', ...words);
    t.true(code === 2 || code === 3, stderr);
    t.regex(stderr, reason);
  }
  await mkdir(dirname(publishedFile(context.checkout)), { recursive: true });
  await writeFile(publishedFile(context.checkout), '<<<<<<< HEAD\n');
  const { code, stderr } = await publish();
  t.is(code, 2);
  t.regex(stderr, /providers\.lock:1/);
  t.is(fake.requests.length, 0);
});

test('what could not be written of a published image is said', async (t) => {
  const { fake, build, publish, context } = await bench(t);
  build('aa11');
  fake.instead = ({ method }) => {
    // What is to be a folder is a file by then.
    if (method === 'PUT') writeFileSync(join(context.checkout, 'cluster-up'), '');
    return false;
  };
  const { code, stderr } = await publish('--tag', 'one');
  t.is(code, 3);
  t.regex(stderr, /team\/vm-1:one is published, but [^]*vm-1 127\.0\.0\.1:\d+\/team\/vm-1 one sha256:/);
});

test('a registry that is not there is an error that says what to do', async (t) => {
  const { build, fake, ...console } = await bench(t);
  build('aa11');
  const { host } = fake;
  await fake[Symbol.asyncDispose]();
  const { code, stderr } = await console.run('publish', 'vm-1', '--registry', `${host}/team`);
  t.is(code, 1);
  t.regex(stderr, /cannot be reached[^]*Check that it runs/);
});
