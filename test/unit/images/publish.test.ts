import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { publishLayers, type PublishedLayers } from '../../../gocli-ts/src/images/publish.ts';
import { originOf } from '../../../gocli-ts/src/images/remote/address.ts';
import { RemoteClient } from '../../../gocli-ts/src/images/remote/client.ts';
import { Repository } from '../../../gocli-ts/src/images/remote/repository.ts';
import type { Login } from '../../../gocli-ts/src/place/interface.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeRemote } from '../../fakes/remote-registry.ts';
import { config, digestOf, dockerEntries, layer, tar } from '../../helpers/image-archives.ts';

const LOWER = await layer('lower'.repeat(1000));
const UPPER = await layer('upper');
/** More than one piece of an upload, also compressed. */
const LARGE = await layer(randomBytes(20 * 1024 ** 2).toString('latin1'));

interface Bench {
  readonly fake: FakeRemote;
  readonly clock: FakeClock;
  readonly told: string[];
  login: Login;
  /** Publishes an image of these layers under a tag. */
  readonly publish: (
    layers: readonly Buffer[],
    repository?: string,
    others?: readonly string[],
    diffIds?: readonly string[],
  ) => Promise<PublishedLayers>;
}

async function bench(t: ExecutionContext): Promise<Bench> {
  const fake = await FakeRemote.start();
  const folder = await mkdtemp(join(tmpdir(), 'gocli-publish-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  t.teardown(() => fake[Symbol.asyncDispose]());
  const clock = new FakeClock();
  const told: string[] = [];
  const { signal } = new AbortController();
  const made: Bench = {
    fake,
    clock,
    told,
    login: {},
    publish: async (layers, name = 'team/k8s-1', others = [], diffIds = layers.map(digestOf)) => {
      const origin = originOf(fake.host, false);
      if (origin === undefined) throw new Error('no origin');
      const login = (): Promise<Login> => Promise.resolve(made.login);
      using client = new RemoteClient(fake.host, origin, undefined, {
        clock,
        signal,
        login,
        tell: (message) => told.push(message),
      });
      const repository = new Repository(client, name);
      const images = await Promise.all(
        [repository, ...others.map((one) => new Repository(client, one))].map((one) => one.image('latest')),
      );
      const known = images.filter((one) => one !== undefined);
      const docker = { save: async () => Readable.from([await tar(dockerEntries(layers))]) };
      const step = { progress: ({ message }: { message?: string }) => told.push(message ?? '') };
      const local = { reference: 'gocli/k8s-1:latest', diffIds };
      const done = await publishLayers(local, repository, known, {
        docker,
        spoolFolder: folder,
        step,
        signal,
      });
      await repository.tag(done.manifest, 'latest');
      t.deepEqual(await readdir(folder), [], 'nothing is left on the disk');
      return done;
    },
  };
  return made;
}

/** Breaks the connection of so many requests of a method, after some of the body has come. */
function breakOff(fake: FakeRemote, method: string, times: number): void {
  let left = times;
  fake.instead = (request: IncomingMessage) => {
    if (request.method !== method || left === 0) return false;
    left -= 1;
    request.once('data', () => request.socket.destroy());
    return true;
  };
}

test('an image comes out as it went in: compressed layers, the configuration that Docker has, a manifest', async (t) => {
  const { fake, publish } = await bench(t);
  const done = await publish([LOWER, UPPER]);
  t.like(done, { layers: 2, sent: 2, config: digestOf(config([LOWER, UPPER])) });
  const manifest = JSON.parse(fake.manifests.get('team/k8s-1:latest')?.content.toString() ?? '') as {
    config: { digest: string };
    layers: { digest: string; size: number; mediaType: string }[];
  };
  t.is(manifest.config.digest, done.config);
  const contents = manifest.layers.map(({ digest, size, mediaType }) => {
    t.is(mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip');
    const content = fake.blobs.get(`team/k8s-1@${digest}`) ?? Buffer.alloc(0);
    t.is(content.length, size);
    return gunzipSync(content);
  });
  t.deepEqual(contents, [LOWER, UPPER]);
  t.is(fake.uploads.size, 0);
});

test('layers that are there are not sent again; those of another repository are mounted', async (t) => {
  const { fake, publish } = await bench(t);
  const first = await publish([LOWER, UPPER]);
  const again = await publish([LOWER, UPPER]);
  t.like(again, { sent: 0, bytes: 0, manifest: first.manifest });
  const other = await layer('other');
  fake.requests.length = 0;
  t.like(await publish([LOWER, other], 'team/k8s-2', ['team/k8s-1']), { sent: 1, layers: 2 });
  t.is(fake.asked('POST').filter((one) => one.includes('from=team%2Fk8s-1')).length, 1);
  t.is(fake.asked('PATCH').length, 2, 'the other layer and the configuration');
});

test('a registry that keeps blobs elsewhere has them, too', async (t) => {
  const { fake, publish } = await bench(t);
  await publish([LOWER]);
  fake.instead = ({ method, url }, response) => {
    if (method !== 'HEAD' || !fake.blobs.has((url ?? '').replace(/^\/v2\/(.*)\/blobs\//, '$1@')))
      return false;
    response.writeHead(307, { location: 'https://elsewhere.example/signed' }).end();
    return true;
  };
  t.like(await publish([LOWER, UPPER], 'team/k8s-1'), { sent: 1 });
});

test('a registry that sends on for ever is given up', async (t) => {
  const { fake, publish } = await bench(t);
  await publish([LOWER]);
  fake.requests.length = 0;
  fake.instead = ({ method, url }, response) => {
    if (method !== 'GET' || !/\/manifests\//.test(url ?? '')) return false;
    response.writeHead(302, { location: url ?? '' }).end();
    return true;
  };
  await t.throwsAsync(publish([LOWER, UPPER]), { code: 'REGISTRY', message: /status 302/ });
  t.true(fake.asked('GET').length < 20, String(fake.asked('GET').length));
});

test('without mounts the layer is sent, and the upload that was begun instead is withdrawn', async (t) => {
  const { fake, publish } = await bench(t);
  await publish([LOWER]);
  fake.mounts = false;
  t.like(await publish([LOWER, UPPER], 'team/k8s-2', ['team/k8s-1']), { sent: 2 });
  t.is(fake.uploads.size, 0);
});

test('after a break it goes on where the registry had come to', async (t) => {
  const { fake, publish, clock } = await bench(t);
  let broken = 0;
  let bytes = 0;
  fake.instead = (request, response) => {
    if (request.method !== 'PATCH') return false;
    if (request.headers['content-range']?.startsWith('0-') === false && broken === 0) {
      broken += 1;
      response.destroy();
      return true;
    }
    bytes += Number(request.headers['content-length']);
    return false;
  };
  const done = await publish([LARGE]);
  t.is(broken, 1);
  t.is(bytes, done.bytes + config([LARGE]).length, 'nothing was sent twice');
  t.deepEqual(clock.sleeps, [500]);
});

test('a registry that forgot an upload gets the layer again', async (t) => {
  const { fake, publish } = await bench(t);
  let broken = 0;
  fake.instead = (request, response) => {
    if (request.method !== 'PATCH' || broken > 0) return false;
    broken += 1;
    fake.uploads.clear();
    response.destroy();
    return true;
  };
  t.like(await publish([UPPER]), { sent: 1 });
  t.is(fake.uploads.size, 0);
});

test('a registry that breaks each piece off is given up, and nothing has a tag', async (t) => {
  const { fake, publish, clock } = await bench(t);
  breakOff(fake, 'PATCH', 100);
  const error = await t.throwsAsync(publish([UPPER]), {
    code: 'REGISTRY',
    message: /broke the connection off/,
  });
  t.truthy(error);
  t.deepEqual(clock.sleeps, [500, 1000, 2000, 4000, 8000]);
  t.is(fake.manifests.size, 0);
});

test('a registry that is busy is asked again, when it says so', async (t) => {
  const { fake, publish, clock, told } = await bench(t);
  const answers = [
    [429, { 'retry-after': '7' }],
    [503, {}],
    [429, { 'retry-after': '100000' }],
  ] as const;
  let at = 0;
  fake.instead = (request, response) => {
    const answer = request.method === 'PUT' ? answers[at] : undefined;
    if (answer === undefined) return false;
    at += 1;
    request.resume();
    response.writeHead(answer[0], answer[1]).end();
    return true;
  };
  await publish([UPPER]);
  t.is(at, 3);
  t.deepEqual(
    clock.sleeps.toSorted((one, other) => one - other),
    [1000, 7000, 60_000],
  );
  t.true(told.some((one) => one.includes('status 429, again in')));
});

test('what a registry says of itself and is not true is refused', async (t) => {
  const { fake, publish } = await bench(t);
  fake.instead = (request, response) => {
    const isFinish = request.method === 'PUT' && request.url?.includes('digest=') === true;
    if (isFinish) response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}');
    return isFinish;
  };
  await t.throwsAsync(publish([UPPER]), { code: 'CHECKSUM' });
  fake.instead = (request, response) => {
    const isGet = request.method === 'GET' && request.url?.includes('/manifests/') === true;
    if (isGet && fake.manifests.size > 0)
      response.writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end('{}');
    return isGet && fake.manifests.size > 0;
  };
  await t.throwsAsync(publish([UPPER]), { code: 'CHECKSUM', message: /something else than it says/ });
  fake.instead = () => false;
  for (const [key, { type }] of fake.manifests)
    fake.manifests.set(key, { type, content: Buffer.from('{"x":1}') });
  await t.notThrowsAsync(publish([UPPER]), 'what is no image there is no help, and no harm');
});

test('an upload that never gets on ends', async (t) => {
  const { fake, publish } = await bench(t);
  fake.instead = (request, response) => {
    if (request.method !== 'PATCH') return false;
    request.resume();
    response.writeHead(202, { location: request.url, range: '0-1' }).end();
    return true;
  };
  await t.throwsAsync(publish([UPPER]), { code: 'REGISTRY' });
});

test('what Docker saves with another content than it says is not published', async (t) => {
  const { fake, publish } = await bench(t);
  await t.throwsAsync(publish([UPPER], 'team/k8s-1', [], [digestOf(LOWER)]), {
    code: 'BAD_ARCHIVE',
    message: /another digest/,
  });
  await t.throwsAsync(publish([UPPER], 'team/k8s-1', [], []), {
    code: 'BAD_ARCHIVE',
    message: /1 layers of 0/,
  });
  t.is(fake.manifests.size, 0);
  t.deepEqual([...fake.blobs.keys()], [`team/k8s-1@${digestOf(config([UPPER]))}`], 'no layer');
});

test('a login is given where it is wanted: a name and password, or a token for them', async (t) => {
  const made = await bench(t);
  const { fake, publish } = made;
  const pair = `Basic ${Buffer.from('me:pass').toString('base64')}`;
  fake.wants = { authorization: pair, challenge: 'Basic realm="x"' };
  await t.throwsAsync(publish([UPPER]), { code: 'REGISTRY', message: /wants a login/ });
  made.login = { auth: { username: 'me', password: 'wrong', serveraddress: '' } };
  await t.throwsAsync(publish([UPPER]), { code: 'REGISTRY', message: /does not take the login/ });
  made.login = { auth: { username: 'me', password: 'pass', serveraddress: '' } };
  t.like(await publish([UPPER]), { sent: 1 });
  fake.wants = {
    authorization: 'Bearer t0ken',
    challenge: `Bearer realm="http://${fake.host}/token",service="fake",scope="ignored"`,
  };
  const asked: string[] = [];
  fake.token = ({ url, headers }) => {
    asked.push(url ?? '');
    return { status: headers.authorization === pair ? 200 : 401, body: '{"token":"t0ken"}' };
  };
  t.like(await publish([LOWER]), { sent: 1 });
  t.true(asked.some((one) => one === '/token?service=fake&scope=repository%3Ateam%2Fk8s-1%3Apull%2Cpush'));
  t.is(new Set(asked).size, asked.length, 'each token is asked for once');
});

test('a token that docker login left is exchanged; where it would go in the open, it does not', async (t) => {
  const made = await bench(t);
  const { fake, publish } = made;
  made.login = { auth: { identitytoken: 'r3fresh', serveraddress: '' } };
  const bodies: string[] = [];
  fake.token = (_request, body) => {
    bodies.push(body.toString());
    return { status: 200, body: '{"access_token":"t0ken"}' };
  };
  fake.wants = {
    authorization: 'Bearer t0ken',
    challenge: `Bearer realm="http://${fake.host}/token",service="fake"`,
  };
  await publish([UPPER]);
  t.true(bodies.every((body) => body.includes('refresh_token=r3fresh')));
  fake.wants = { authorization: '', challenge: 'Bearer realm="http://elsewhere.example/token"' };
  const error = await t.throwsAsync(publish([UPPER]), { code: 'REGISTRY', message: /in the open/ });
  t.notRegex(JSON.stringify(error), /r3fresh/);
});
