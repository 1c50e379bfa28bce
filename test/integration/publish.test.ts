import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import test from 'ava';
import { pack } from 'tar-stream';
import type { Context } from '../../gocli-ts/src/api/context.ts';
import { operate } from '../../gocli-ts/src/api/operation.ts';
import { obtainImage } from '../../gocli-ts/src/api/provider-image.ts';
import { publish, type PublishResult } from '../../gocli-ts/src/api/publish.ts';
import { load, save } from '../../gocli-ts/src/api/provider-archive.ts';
import { processRuntime } from '../../gocli-ts/src/context.ts';
import { localHost } from '../../gocli-ts/src/host/exec.ts';
import { FACTS_LABEL, RECIPE_LABEL } from '../../gocli-ts/src/provider/facts.ts';
import { readPublished } from '../../gocli-ts/src/provider/providers-lock.ts';
import { labelInstruction } from '../../gocli-ts/src/provision/image/labels.ts';
import { AS_FLAGS } from '../../gocli-ts/src/rig/options/option.ts';
import { selfSigned } from '../helpers/api-server.ts';
import { VM_FACTS } from '../helpers/engine.ts';
import { TEST_LABEL } from '../helpers/probe-image.ts';
import {
  LOGIN,
  startRegistry,
  startTokenServer,
  type RunningRegistry,
} from '../helpers/registry-container.ts';
import { proxyTo } from '../helpers/registry-proxy.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

const RUN = `pub-${process.pid.toFixed(0)}`;
const authority = selfSigned();
/** A layer that takes two pieces, and that gzip makes no smaller. */
const LAYER = randomBytes(20 * 1024 ** 2);
const PIECE = 16 * 1024 ** 2;

const { docker } = processRuntime(new AbortController().signal, AS_FLAGS);
let folder = '';
let open: RunningRegistry = { port: 0, host: '' };

/** A gocli with a checkout of its own, as another host has it; logged in or not. */
async function onHost<T>(
  checkout: string,
  work: (context: Context) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { signal } = new AbortController();
  const paths = { XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') };
  const runtime = processRuntime(signal, AS_FLAGS, {
    ...process.env,
    DOCKER_CONFIG: folder,
    ...paths,
    ...env,
  });
  const execution = { operation: 'publish', onEvent: () => undefined, signal };
  return operate(execution, { ...runtime, checkout: join(folder, checkout) }, work);
}

function loggedIn(host: string): { DOCKER_AUTH_CONFIG: string } {
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
  return { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: { auth } } }) };
}

/** Makes the local image of a provider of these layers. */
async function build(provider: string, recipe: string, layers: readonly Buffer[]): Promise<string> {
  const reference = `gocli/${provider}:latest`;
  const [lowest = Buffer.alloc(0), ...others] = layers;
  const labels = {
    [FACTS_LABEL]: JSON.stringify({ ...VM_FACTS, name: provider }),
    [RECIPE_LABEL]: recipe,
    [TEST_LABEL]: RUN,
  };
  const changes = [...Object.entries(labels).map(labelInstruction), 'CMD ["/none"]'];
  const archive = pack();
  // Equal contents are to be equal layers.
  archive.entry({ name: 'disk', mtime: new Date(0) }, lowest);
  archive.finalize();
  const { signal } = new AbortController();
  await docker.images.importRootfs(Readable.from(archive), reference, { changes, signal });
  for (const [at, content] of others.entries()) {
    const spec = {
      name: `gocli-${RUN}-build`,
      image: reference,
      labels: {},
      network: 'none',
      capabilities: [],
    };
    const id = await docker.containers.create({ ...spec, noNewPrivileges: true });
    try {
      await docker.containers.putFiles(id, '/', [{ path: `part${at.toFixed(0)}`, content }]);
      await docker.images.commit(id, reference, { changes: [] });
    } finally {
      await docker.containers.remove(id);
    }
  }
  return (await docker.images.inspect(reference))?.id ?? '';
}

/** Publishes, and pulls from what providers.lock says then, on a host that has nothing of it. */
async function publishAndPull(
  provider: string,
  request: { readonly registry: string; readonly ca?: string },
  env: Readonly<Record<string, string>> = {},
): Promise<PublishResult> {
  const result = await onHost(provider, (context) => publish({ provider, ...request }, context), env);
  await pullAnew(provider, env);
  return result;
}

async function pullAnew(provider: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  await forget(provider);
  const request = { provider, provision: false };
  const { image, reference } = await onHost(provider, (context) => obtainImage(request, context), env);
  await docker.images.tag(reference, `gocli/${provider}:latest`);
  return image.id;
}

/** Removes all names of a provider's image, and with them the image. */
async function forget(provider: string): Promise<void> {
  for (const { tags, labels } of await docker.images.list({ [TEST_LABEL]: RUN }))
    if (labels[FACTS_LABEL]?.includes(`"${provider}"`) === true)
      for (const tag of tags) await docker.images.remove(tag);
}

test.before('a registry', async () => {
  folder = await mkdtemp(join(tmpdir(), 'gocli-publish-'));
  await writeFile(join(folder, 'ca.pem'), authority.cert);
  open = await startRegistry({ docker, image: await tinyImage(docker), run: RUN });
});

test.after.always('nothing is left', async (t) => {
  for (const { id } of await docker.containers.list({ [TEST_LABEL]: RUN }))
    await docker.containers.remove(id);
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six', 'seven'].map((word) => `${RUN}-${word}`))
    await forget(name);
  t.deepEqual(await docker.images.list({ [TEST_LABEL]: RUN }), []);
  await rm(folder, { recursive: true, force: true });
});

test('what is published is pulled by its digest, as the same image; equal layers travel once', async (t) => {
  const [one, two] = [`${RUN}-one`, `${RUN}-two`];
  const registry = `${open.host}/team`;
  const id = await build(one, 'aa11', [LAYER, Buffer.from('first')]);
  const first = await publishAndPull(one, { registry });
  t.like(first, { config: id, sent: 2, retagged: false });
  t.is((await docker.images.inspect(`gocli/${one}:latest`))?.id, id);
  t.like(await onHost(one, (context) => publish({ provider: one, registry, tag: 'again' }, context)), {
    retagged: true,
    sent: 0,
    digest: first.digest,
  });
  // Another version from the same checkout, which knows of the first by providers.lock.
  await build(two, 'bb22', [LAYER, Buffer.from('second')]);
  const second = await onHost(one, (context) => publish({ provider: two, registry }, context));
  t.like(second, { sent: 1, layers: 2 });
  t.true(second.bytesSent < LAYER.length / 100, `${second.bytesSent.toFixed(0)} bytes`);
  const published = await onHost(one, ({ checkout }) => readPublished(checkout));
  t.deepEqual([...published.keys()], [one, two]);
});

test('a registry that wants a login gets that of the docker configuration', async (t) => {
  const provider = `${RUN}-three`;
  await build(provider, 'aa11', [Buffer.from('three')]);
  const image = await tinyImage(docker);
  const closed = await startRegistry({ docker, image, run: RUN, login: 'basic' });
  const request = { provider, registry: `${closed.host}/team` };
  await t.throwsAsync(
    onHost(provider, (context) => publish(request, context)),
    {
      code: 'REGISTRY',
      message: /wants a login/,
    },
  );
  t.like(await publishAndPull(provider, request, loggedIn(closed.host)), { sent: 1 });
});

test('a token server is asked for what is needed, and no more', async (t) => {
  const provider = `${RUN}-four`;
  await build(provider, 'aa11', [Buffer.from('four')]);
  await using tokens = await startTokenServer(authority);
  const login = { realm: tokens.realm, authority };
  const image = await tinyImage(docker);
  const closed = await startRegistry({ docker, image, run: RUN, login });
  const request = { provider, registry: `${closed.host}/team` };
  await t.throwsAsync(
    onHost(provider, (context) => publish(request, context)),
    { code: 'REGISTRY' },
  );
  tokens.scopes.length = 0;
  t.like(await publishAndPull(provider, request, loggedIn(closed.host)), { sent: 1 });
  const name = `repository:team/${provider}`;
  t.deepEqual([...new Set(tokens.scopes)].sort(), [`${name}:pull`, `${name}:pull,push`]);
});

test('an authority of its own is trusted where it is named', async (t) => {
  const provider = `${RUN}-five`;
  await build(provider, 'aa11', [Buffer.from('five')]);
  const image = await tinyImage(docker);
  const secure = await startRegistry({ docker, image, run: RUN, tls: authority });
  const request = { provider, registry: `${secure.host}/team` };
  await t.throwsAsync(
    onHost(provider, (context) => publish(request, context)),
    { code: 'REGISTRY' },
  );
  const ca = join(folder, 'ca.pem');
  t.like(await publishAndPull(provider, { ...request, ca }), { sent: 1 });
});

test('breaks, refusals and a registry without mounts cost time, and nothing else', async (t) => {
  const provider = `${RUN}-six`;
  // A layer that Docker has of nothing else, so that it pulls it.
  const id = await build(provider, 'aa11', [randomBytes(LAYER.length), Buffer.from('six')]);
  await using proxy = await proxyTo(open.port);
  proxy.mounts = false;
  proxy.refuse = [
    { method: 'HEAD', status: 503 },
    { method: 'POST', status: 429 },
    { method: 'PUT', status: 503 },
  ];
  // In the middle of the second piece; Debian's registry has forgotten the first then.
  proxy.breakAfter = [PIECE + 1024 ** 2];
  const registry = `${proxy.host}/elsewhere`;
  const done = await onHost(provider, (context) => publish({ provider, registry }, context));
  t.like(done, { config: id, sent: 2 });
  t.deepEqual([proxy.refuse, proxy.breakAfter], [[], []], 'all of it was met with');
  proxy.refuse = [{ method: 'GET', status: 503 }];
  proxy.breakAnswer = PIECE;
  let bytes = 0;
  proxy.change = (path, content) => {
    if (path.includes('/blobs/')) bytes += content.length;
    return content;
  };
  t.is(await pullAnew(provider), id);
  t.deepEqual([proxy.refuse, proxy.breakAnswer], [[], undefined]);
  // The proxy has read the layer to its end for the first request, and its rest for the second.
  t.true(bytes < done.bytesSent + PIECE, `Docker went on where it broke off: ${bytes.toFixed(0)} bytes`);
});

test('an image that was saved is loaded where it is not; a damaged archive is refused', async (t) => {
  const provider = `${RUN}-five`;
  const id = await build(provider, 'aa11', [LAYER, Buffer.from('saved')]);
  const file = join(folder, 'saved.zst');
  await onHost(provider, (context) => save({ name: provider, file }, context));
  const whole = await readFile(file);
  t.true(whole.length < LAYER.length * 1.02, `${whole.length.toFixed(0)} bytes`);
  await forget(provider);
  const changed = Buffer.from(whole);
  changed.set([1, 2, 3], LAYER.length / 2);
  const zeros = await localHost(process.env).run([
    'sh',
    '-c',
    'head -c 100M /dev/zero | zstd -q -c | base64 -w0',
  ]);
  for (const content of [
    changed,
    whole.subarray(0, whole.length - 10),
    whole.subarray(0, 1000),
    Buffer.from('not zstd'),
    Buffer.from(zeros.stdout, 'base64'),
  ]) {
    const damaged = Readable.from([content]);
    await t.throwsAsync(
      onHost(provider, (context) => load({ file: damaged }, context)),
      { code: 'BAD_ARCHIVE' },
    );
  }
  t.is(await docker.images.inspect(`gocli/${provider}:latest`), undefined);
  t.like(await onHost(provider, (context) => load({ file }, context)), { provider, id, instead: undefined });
  const piped = new PassThrough();
  const [, loaded] = await Promise.all([
    onHost(provider, (context) => save({ name: provider, file: piped }, context)),
    onHost(provider, (context) => load({ file: piped }, context)),
  ]);
  t.is(loaded.id, id);
});

test('a registry that gives something else than the digest names is refused', async (t) => {
  const provider = `${RUN}-seven`;
  await build(provider, 'aa11', [Buffer.from('seven')]);
  await using proxy = await proxyTo(open.port);
  const registry = `${proxy.host}/liar`;
  await onHost(provider, (context) => publish({ provider, registry }, context));
  await forget(provider);
  proxy.change = (path, content) =>
    path.includes('/manifests/')
      ? Buffer.from(content.toString().replace('"schemaVersion":2', '"schemaVersion":3'))
      : content;
  const request = { provider, provision: false };
  await t.throwsAsync(
    onHost(provider, (context) => obtainImage(request, context)),
    { code: 'CHECKSUM' },
  );
  t.deepEqual(
    await docker.images.list({ [FACTS_LABEL]: JSON.stringify({ ...VM_FACTS, name: provider }) }),
    [],
  );
});
