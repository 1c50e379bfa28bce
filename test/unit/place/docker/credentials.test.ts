import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import { loginFor, registryOf, type RunHelper } from '../../../../gocli-ts/src/place/docker/credentials.ts';
import { dockerodeEngine } from '../../../../gocli-ts/src/place/docker/dockerode.ts';
import { dockerConfig } from '../../../helpers/docker-config.ts';

const REGISTRY = 'registry.example:5000';
const IMAGE = `${REGISTRY}/team/k8s-1.36:latest`;
const HUB = 'https://index.docker.io/v1/';
const BOUNDS = { signal: new AbortController().signal };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const entry = { auth: base64('me:pass:word') };
const auth = { username: 'me', password: 'pass:word', serveraddress: REGISTRY };

const helper =
  (answers: Readonly<Record<string, string>>, exitCode = 0): RunHelper =>
  ([program], stdin) =>
    program in answers
      ? Promise.resolve({ exitCode, stdout: answers[program]?.replace('%', stdin) ?? '', stderr: '' })
      : Promise.reject(new Error(`${program} is not installed`));

test('the registry of an image is the first part of its name, when that looks like a host', (t) => {
  t.is(registryOf(IMAGE), REGISTRY);
  t.is(registryOf('localhost/a'), 'localhost');
  for (const image of ['a', 'gocli/k8s-1.36:latest', 'docker.io/a/b', 'index.docker.io/a'])
    t.is(registryOf(image), HUB);
});

test('logins are found in the configuration', async (t) => {
  for (const [auths, expected] of [
    [{ [REGISTRY]: entry }, { auth }],
    [{ [`https://${REGISTRY}/v1/`]: entry }, { auth }],
    [{ [REGISTRY]: { username: 'me', password: 'pass:word' } }, { auth }],
    [
      { [REGISTRY]: { ...entry, identitytoken: 'tok' } },
      { auth: { identitytoken: 'tok', serveraddress: REGISTRY } },
    ],
    [{ 'other.example': entry }, {}],
    [{ [REGISTRY]: { auth: '%' } }, {}],
    [{ [REGISTRY]: 'me' }, {}],
    ['none', {}],
  ] as const) {
    const DOCKER_CONFIG = await dockerConfig(t, { auths });
    t.deepEqual(await loginFor(IMAGE, { DOCKER_CONFIG }, undefined, BOUNDS), expected, JSON.stringify(auths));
  }
  const DOCKER_CONFIG = await dockerConfig(t, { auths: { [HUB]: entry } });
  t.deepEqual(await loginFor('a/b', { DOCKER_CONFIG }, undefined, BOUNDS), {
    auth: { ...auth, serveraddress: HUB },
  });
});

test('a helper of the registry comes before the one of all', async (t) => {
  const config = { credsStore: 'all', credHelpers: { [REGISTRY]: 'one' }, auths: { [REGISTRY]: {} } };
  const DOCKER_CONFIG = await dockerConfig(t, config);
  const run = helper({
    'docker-credential-one': '{"ServerURL":"%","Username":"me","Secret":"pass:word"}',
    'docker-credential-all': '{"Username":"<token>","Secret":"tok"}',
  });
  t.deepEqual(await loginFor(IMAGE, { DOCKER_CONFIG }, run, BOUNDS), { auth });
  t.deepEqual(await loginFor('other.example/a', { DOCKER_CONFIG }, run, BOUNDS), {
    auth: { identitytoken: 'tok', serveraddress: 'other.example' },
  });
});

test('an empty name of a helper says that the login is in the configuration', async (t) => {
  const config = { credsStore: 'all', credHelpers: { [REGISTRY]: '' }, auths: { [REGISTRY]: entry } };
  const DOCKER_CONFIG = await dockerConfig(t, config);
  t.deepEqual(await loginFor(IMAGE, { DOCKER_CONFIG }, helper({}), BOUNDS), { auth });
});

test('why a helper gave no login is said, but not that nobody is logged in', async (t) => {
  const DOCKER_CONFIG = await dockerConfig(t, { credsStore: 'x' });
  const at = (run: RunHelper) => loginFor(IMAGE, { DOCKER_CONFIG }, run, BOUNDS);
  const name = 'docker-credential-x';
  t.deepEqual(await at(helper({ [name]: 'credentials not found in native keychain\n' }, 1)), {});
  t.regex(
    (await at(helper({ [name]: 'no display\nat x' }, 1))).problem ?? '',
    /ended with code 1: no display$/,
  );
  t.regex((await at(helper({}))).problem ?? '', /docker-credential-x, .* is not installed$/);
  for (const odd of ['', '[]', '{"Username":"me"}'])
    t.regex((await at(helper({ [name]: odd }))).problem ?? '', /gave no user and secret$/);
});

test('a helper that never answers is given up, and ended', async (t) => {
  const DOCKER_CONFIG = await dockerConfig(t, { credsStore: 'x' });
  let ended = false;
  const hangs: RunHelper = (_argv, _stdin, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        ended = true;
        reject(new Error('ended'));
      });
    });
  const { problem = '' } = await loginFor(IMAGE, { DOCKER_CONFIG }, hangs, { ...BOUNDS, timeoutMs: 10 });
  t.regex(problem, /docker-credential-x, .* did not answer within/);
  t.true(ended);
});

test('DOCKER_AUTH_CONFIG comes before the configuration', async (t) => {
  const DOCKER_CONFIG = await dockerConfig(t, { auths: { [REGISTRY]: { auth: base64('you:secret') } } });
  const DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { [REGISTRY]: entry } });
  t.deepEqual(await loginFor(IMAGE, { DOCKER_CONFIG, DOCKER_AUTH_CONFIG }, undefined, BOUNDS), { auth });

  // One that cannot be read is said where that leaves none.
  const damaged = { DOCKER_CONFIG, DOCKER_AUTH_CONFIG: '{' };
  t.is((await loginFor(IMAGE, damaged, undefined, BOUNDS)).problem, undefined);
  t.regex(
    (await loginFor('other.example/a', damaged, undefined, BOUNDS)).problem ?? '',
    /^DOCKER_AUTH_CONFIG is/,
  );
});

test('a pull tells the daemon the login, and a refused one why there was none', async (t) => {
  const DOCKER_CONFIG = await dockerConfig(t, { credHelpers: { [REGISTRY]: 'x' } });
  const heard: unknown[] = [];
  const daemon = createServer((request, response) => {
    const header = request.headers['x-registry-auth'];
    heard.push(
      typeof header === 'string' ? JSON.parse(Buffer.from(header, 'base64url').toString()) : undefined,
    );
    response.writeHead(500).end('{"message":"no basic auth credentials"}');
  }).listen(join(DOCKER_CONFIG, 'docker.sock'));
  t.teardown(() => daemon.close());
  await once(daemon, 'listening');
  const env = { DOCKER_CONFIG, DOCKER_HOST: `unix://${DOCKER_CONFIG}/docker.sock` };
  const { signal } = new AbortController();
  const known = helper({ 'docker-credential-x': '{"Username":"me","Secret":"pass:word"}' });
  for (const [runHelper, observed] of [
    [known, /^no basic auth credentials$/],
    [helper({}), /^no basic auth credentials\n.*docker-credential-x/],
  ] as const) {
    const error = await t.throwsAsync(dockerodeEngine(env, { runHelper }).images.pull(IMAGE, { signal }), {
      code: 'DOWNLOAD',
    });
    t.regex((error as { observed?: string }).observed ?? '', observed);
  }
  t.deepEqual(heard, [auth, undefined]);
});
