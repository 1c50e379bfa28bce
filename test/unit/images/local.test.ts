import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { localImages, type LocalImages } from '../../../gocli-ts/src/images/local.ts';
import { push } from '../../../gocli-ts/src/images/push.ts';
import { Registry } from '../../../gocli-ts/src/images/registry.ts';
import { FakeDocker } from '../../fakes/docker.ts';
import { FakeRegistry } from '../../fakes/registry.ts';
import { AMD64, ARM64, config, digestOf, dockerEntries, layer, tar } from '../../helpers/image-archives.ts';

const never = new AbortController().signal;
const LOWER = await layer('lower');
const UPPER = await layer('upper');

class Local {
  readonly docker = new FakeDocker();
  readonly saved: (readonly string[])[] = [];
  readonly fake: FakeRegistry;
  readonly folder: string;

  private constructor(fake: FakeRegistry, folder: string) {
    this.fake = fake;
    this.folder = folder;
  }

  static async start(t: ExecutionContext): Promise<Local> {
    const folder = await mkdtemp(join(tmpdir(), 'gocli-local-'));
    const local = new Local(await FakeRegistry.start(), folder);
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    t.teardown(() => local.fake[Symbol.asyncDispose]());
    return local;
  }

  /** Builds an image, as the local Docker has it then. */
  build(reference: string, layers: readonly Buffer[], platform = AMD64): void {
    const id = digestOf(config(layers, platform));
    const image = { id, tags: [reference], labels: {}, size: 1, created: '2030-01-01T00:00:00Z' };
    this.docker.imageStore.clear();
    this.docker.imageStore.set(id, { ...image, layers: layers.map(digestOf), platform });
    Object.assign(this.docker.images, {
      save: async (references: readonly string[]) => {
        this.saved.push(references);
        return Readable.from([await tar(dockerEntries(layers, [reference], platform))]);
      },
    });
  }

  async look(...references: string[]): Promise<LocalImages> {
    using registry = new Registry(this.fake.port);
    return await localImages(references, this.docker.images, registry, this.folder, never);
  }

  async load(...references: string[]): Promise<string[]> {
    const { images, source } = await this.look(...references);
    using registry = new Registry(this.fake.port);
    await push(images, source, registry, { progress: () => undefined }, never);
    await source?.[Symbol.asyncDispose]();
    return images.map(({ names, manifest }) => `${names.join()} ${manifest.digest}`);
  }
}

test('an image that the registry has whole is not saved again, and is the same', async (t) => {
  const local = await Local.start(t);
  local.build('foo:1', [LOWER, UPPER]);
  const first = await local.load('foo:1');
  t.is(local.saved.length, 1);
  t.deepEqual(await local.load('foo:1'), first);
  t.is(local.saved.length, 1);
  t.regex(first[0] ?? '', /^docker\.io\/library\/foo:1 sha256:/);
});

test('of an image that was changed only the new layer travels', async (t) => {
  const local = await Local.start(t);
  local.build('foo:1', [LOWER, UPPER]);
  await local.load('foo:1');
  const changed = await layer('changed');
  local.build('foo:1', [LOWER, changed]);
  local.fake.requests.length = 0;
  await local.load('foo:1');
  t.is(local.fake.requests.filter((one) => one.startsWith('POST')).length, 2, 'and the configuration');
  t.true(local.fake.blobs.has(digestOf(changed)));
});

test('an image that Docker does not have, or of another platform, is said before anything is saved', async (t) => {
  const local = await Local.start(t);
  local.build('food:1', [LOWER], ARM64);
  await t.throwsAsync(local.look('foo:1'), {
    code: 'IMAGE_MISSING',
    message: 'Docker has no image foo:1. Did you mean "food:1"?',
  });
  await t.throwsAsync(local.look('food:1'), { code: 'BAD_ARCHIVE', message: /is not for linux\/amd64/ });
  t.is(local.saved.length, 0);
});
