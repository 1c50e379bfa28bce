import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import type { Context } from '../../../gocli-ts/src/api/context.ts';
import * as images from '../../../gocli-ts/src/api/images.ts';
import { load, type LoadRequest, type LoadResult } from '../../../gocli-ts/src/api/load.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { writeState } from '../../../gocli-ts/src/rig/state.ts';
import { FakeHost } from '../../fakes/host.ts';
import { jsonPeer } from '../../fakes/json-peer.ts';
import { FakeRegistry } from '../../fakes/registry.ts';
import { clusterState, makeEngine, type Engine } from '../../helpers/engine.ts';
import { dockerEntries, layer, ociImage, ociLayout, tar } from '../../helpers/image-archives.ts';

/** A cluster of one node whose guest prints what it is told to for every script. */
class Cluster {
  readonly engine: Engine;
  readonly registry: FakeRegistry;
  readonly context: Context;
  /** Scripts with their parameters that its guest was given. */
  readonly ran: (readonly string[])[] = [];
  answer: { exitcode: number; out?: string; err?: string } = { exitcode: 0 };

  private constructor(engine: Engine, registry: FakeRegistry) {
    this.engine = engine;
    this.registry = registry;
    this.context = { ...engine, host: new FakeHost(), env: {}, cwd: '/', checkout: '/' };
  }

  static async start(t: ExecutionContext): Promise<Cluster> {
    const cluster = new Cluster(await makeEngine(t), await FakeRegistry.start());
    t.teardown(() => cluster.registry[Symbol.asyncDispose]());
    const { docker, paths } = cluster.engine;
    const state = clusterState({
      ports: { '5000/tcp': cluster.registry.port },
      readyAt: '2030-01-01T00:00:00Z',
    });
    await writeState(paths, state);
    docker.addImage('image');
    const isolated = { network: 'none', capabilities: [], noNewPrivileges: true };
    for (const role of ['dnsmasq', 'registry', 'node']) {
      const labels = {
        [LABEL.cluster]: state.name,
        [LABEL.role]: role,
        [LABEL.run]: state.run,
        ...(role === 'node' ? { [LABEL.node]: 'node01' } : {}),
      };
      const name = `${state.name}-${role === 'node' ? 'node01' : role}`;
      await docker.containers.start(
        await docker.containers.create({ name, image: 'image', labels, ...isolated }),
      );
    }
    docker.onConnect = () => jsonPeer((request) => cluster.#guest(request)).near;
    return cluster;
  }

  #guest({ execute, arguments: argument }: Record<string, unknown>): unknown {
    if (execute === 'guest-sync-delimited') return { return: (argument as { id: number }).id };
    if (execute === 'guest-exec') {
      this.ran.push((argument as { arg: string[] }).arg);
      return { return: { pid: 1 } };
    }
    const base64 = (text = ''): string => Buffer.from(text).toString('base64');
    const { exitcode, out, err } = this.answer;
    return { return: { exited: true, exitcode, 'out-data': base64(out), 'err-data': base64(err) } };
  }

  load(request: LoadRequest): Promise<LoadResult> {
    return load(request, this.context);
  }
}

const LAYER = await layer('one');
const ARCHIVE = await tar(dockerEntries([LAYER], ['foo:1', 'bar:2']));
const stream = (content: Buffer): Readable => Readable.from([content]);

test('an archive is pushed, then each node is told names and digests', async (t) => {
  const cluster = await Cluster.start(t);
  cluster.answer = { exitcode: 0, out: 'docker.io/library/foo:1\n' };
  const result = await cluster.load({ archives: [stream(ARCHIVE)] });
  const [digest = ''] = [...cluster.registry.manifests.keys()];
  t.like(result, { blobs: 2, sent: 2 });
  t.deepEqual(result.images, [
    { name: 'docker.io/library/foo:1', digest, nodes: ['node01'] },
    { name: 'docker.io/library/bar:2', digest, nodes: [] },
  ]);
  const [[, script = ''] = []] = cluster.ran;
  t.regex(script, new RegExp(`certs\\.d/localhost:${String(cluster.registry.port)}`));
  t.true(script.endsWith(`bring ${digest} docker.io/library/foo:1 docker.io/library/bar:2`), script);
  t.deepEqual(
    cluster.engine.events.flatMap((event) =>
      event.type === 'step-end' ? [`${event.id} ${event.outcome}`] : [],
    ),
    ['push done', 'pull done'],
  );
});

test('an image without a name has to be given one, and several cannot share one', async (t) => {
  const cluster = await Cluster.start(t);
  const nameless = await tar(ociLayout([ociImage([LAYER])], 'latest'));
  await t.throwsAsync(cluster.load({ archives: [stream(nameless)] }), {
    code: 'BAD_ARCHIVE',
    message: 'the piped archive has an image without a name',
  });
  const {
    images: [named],
  } = await cluster.load({ archives: [stream(nameless)], tag: 'mine' });
  t.is(named?.name, 'docker.io/library/mine:latest');
  await t.throwsAsync(cluster.load({ archives: [stream(ARCHIVE), stream(nameless)], tag: 'mine:1' }), {
    code: 'BAD_VALUE',
    message: 'one name for 2 images',
  });
});

test('when one of several archives is bad, nothing is sent and no node is told', async (t) => {
  const cluster = await Cluster.start(t);
  await t.throwsAsync(cluster.load({ archives: [stream(ARCHIVE), stream(Buffer.from('x'.repeat(600)))] }), {
    code: 'BAD_ARCHIVE',
  });
  t.deepEqual([cluster.registry.requests.length, cluster.ran.length], [0, 0]);
});

test('a node that fails is named with its own words; a full disk is said as such', async (t) => {
  const cluster = await Cluster.start(t);
  cluster.answer = { exitcode: 1, err: 'ctr: failed to extract\n' };
  const error = await t.throwsAsync(cluster.load({ archives: [stream(ARCHIVE)] }), {
    code: 'REMOTE_COMMAND',
  });
  t.like(error, { observed: 'ctr: failed to extract' });
  cluster.answer = { exitcode: 1, err: 'ctr: write x: no space left on device\n' };
  await t.throwsAsync(cluster.load({ archives: [stream(ARCHIVE)] }), { code: 'DISK_FULL' });
});

test('what is wrong with a request is said at once, before anything is done', async (t) => {
  const cluster = await Cluster.start(t);
  const error = await t.throwsAsync(cluster.load({ images: ['Foo', '$(id)'], archives: [''], tag: '..' }), {
    code: 'BAD_VALUE',
    message: '4 values are not accepted',
  });
  t.regex((error as { observed?: string }).observed ?? '', /"Foo".*\n.*"\$\(id\)".*\n.*tag: "\.\."/);
  await t.throwsAsync(cluster.load({}), { code: 'BAD_VALUE', message: /nothing is named/ });
  t.deepEqual(cluster.ran, []);
});

const id = (digit: string): string => `sha256:${digit.repeat(64)}`;
const LISTED = `${JSON.stringify({
  images: [
    { id: id('a'), repoTags: ['docker.io/library/foo:1', 'docker.io/library/foo:2'] },
    { id: id('b'), repoTags: ['docker.io/library/bar:1'] },
    { id: id('c'), repoTags: [] },
    { id: id('d'), repoTags: ['docker.io/library/used:1'] },
    { id: id('e'), repoTags: ['registry.k8s.io/pause:3'], pinned: true },
  ],
})}\n----\n${JSON.stringify({ containers: [{ image: { image: id('d') }, imageRef: '' }] })}`;

test('of an image with several names only the one goes that is said; else all of it', async (t) => {
  const cluster = await Cluster.start(t);
  cluster.answer = { exitcode: 0, out: LISTED };
  await images.rm({ images: ['foo:1', 'bar:1', 'cccccccccccc'] }, cluster.context);
  t.deepEqual(cluster.ran.at(-1)?.slice(3), ['docker.io/library/foo:1', id('b'), id('c')]);
});

test('an image that is used, of the provider or not there is refused, and nothing is removed', async (t) => {
  const cluster = await Cluster.start(t);
  cluster.answer = { exitcode: 0, out: LISTED };
  const rm = (...words: string[]) => images.rm({ images: words }, cluster.context);
  await t.throwsAsync(rm('bar:1', 'used:1'), { code: 'CONFLICT', message: /used by a container/ });
  await t.throwsAsync(rm('registry.k8s.io/pause:3'), {
    code: 'CONFLICT',
    message: /belongs to the provider/,
  });
  await t.throwsAsync(rm('baz:1'), {
    code: 'NOT_FOUND',
    message: /Did you mean "docker\.io\/library\/bar:1"/,
  });
  t.is(cluster.ran.length, 3, 'each looked only');
});

test('a prune takes what no name and no container keeps; with all whatever is not used', async (t) => {
  const cluster = await Cluster.start(t);
  cluster.answer = { exitcode: 0, out: LISTED };
  await images.prune({}, cluster.context);
  t.deepEqual(cluster.ran.at(-1)?.slice(3), [id('c')]);
  const { removed } = await images.prune({ all: true }, cluster.context);
  t.deepEqual(cluster.ran.at(-1)?.slice(3).sort(), [id('a'), id('b'), id('c')]);
  t.is(removed.length, 3);
});
