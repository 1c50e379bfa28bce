import test from 'ava';
import { dockerodeEngine } from '../../../../gocli-ts/src/place/docker/dockerode.ts';
import { endpointOf } from '../../../../gocli-ts/src/place/docker/endpoint.ts';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { FakeApiServer } from '../../../helpers/api-server.ts';
import { dockerConfig } from '../../../helpers/docker-config.ts';

const USUAL = { socketPath: '/var/run/docker.sock' };
const NOBODY = { DOCKER_CONFIG: '/nonexistent' };

test('the daemon is behind the usual socket or the one of DOCKER_HOST', async (t) => {
  t.deepEqual(await endpointOf(NOBODY), USUAL);
  t.deepEqual(await endpointOf({ ...NOBODY, DOCKER_HOST: '', DOCKER_CONTEXT: '' }), USUAL);
  t.deepEqual(await endpointOf({ DOCKER_HOST: 'unix://' }), USUAL);
  t.deepEqual(await endpointOf({ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }), {
    socketPath: '/run/user/1000/docker.sock',
  });
});

test('DOCKER_HOST comes before DOCKER_CONTEXT, and that before the current context', async (t) => {
  const folder = await dockerConfig(
    t,
    { currentContext: 'current' },
    { current: { host: 'unix:///current.sock' }, named: { host: 'unix:///named.sock' } },
  );
  const env = { DOCKER_CONFIG: folder };
  t.deepEqual(await endpointOf(env), { socketPath: '/current.sock' });
  t.deepEqual(await endpointOf({ HOME: '/', ...env, DOCKER_CONTEXT: 'named' }), {
    socketPath: '/named.sock',
  });
  t.deepEqual(await endpointOf({ ...env, DOCKER_CONTEXT: 'default' }), USUAL);
  const all = { ...env, DOCKER_CONTEXT: 'named', DOCKER_HOST: 'unix:///host.sock' };
  t.deepEqual(await endpointOf(all), { socketPath: '/host.sock' });
});

test('a context that is not there is an error that says who chose it', async (t) => {
  const folder = await dockerConfig(t, { currentContext: 'gone' }, { hollow: {} });
  const env = { DOCKER_CONFIG: folder };
  const message = `Docker context "gone", chosen by ${folder}/config.json, does not exist`;
  await t.throwsAsync(endpointOf(env), { code: 'BAD_FILE', message });
  await t.throwsAsync(endpointOf({ ...env, DOCKER_CONTEXT: 'lost' }), {
    message: 'Docker context "lost", chosen by DOCKER_CONTEXT, does not exist',
  });
  await t.throwsAsync(endpointOf({ ...env, DOCKER_CONTEXT: 'hollow' }), {
    message: /names no Docker daemon/,
  });
});

test('of a configuration that cannot be read nothing is used, and that is said', async (t) => {
  for (const text of ['{"currentContext": "a"', '[]', '']) {
    const DOCKER_CONFIG = await dockerConfig(t, text);
    t.deepEqual(await endpointOf({ DOCKER_CONFIG }), USUAL);
    t.regex(
      (await dockerodeEngine({ DOCKER_CONFIG }).system.configProblem()) ?? '',
      /config\.json is no JSON object: no Docker context and no login of it is used$/,
    );
  }
  t.is(await dockerodeEngine(NOBODY).system.configProblem(), undefined);
  const DOCKER_CONFIG = await dockerConfig(t, {});
  t.is(await dockerodeEngine({ DOCKER_CONFIG }).system.configProblem(), undefined);
});

for (const host of [
  'tcp://203.0.113.1:2375',
  'ssh://me@there',
  '203.0.113.1:2375',
  'https://there',
  'tcp://::x',
]) {
  test(`a remote daemon is refused: ${host}`, async (t) => {
    const folder = await dockerConfig(t, { currentContext: 'far' }, { far: { host } });
    const byHost = await t.throwsAsync(endpointOf({ DOCKER_HOST: host }));
    const byContext = await t.throwsAsync(endpointOf({ DOCKER_CONFIG: folder }));
    for (const error of [byHost, byContext]) {
      t.true(isCode(error, 'DOCKER_UNSUPPORTED'), String(error));
      t.true(error.message.includes(host));
    }
    t.true(byContext.message.startsWith('Docker context "far" names a remote daemon'));
  });
}

test('spaces around an address are nothing, and a path is no address', async (t) => {
  t.deepEqual(await endpointOf({ DOCKER_HOST: ' unix:///run/x.sock ' }), { socketPath: '/run/x.sock' });
  const error = await t.throwsAsync(endpointOf({ DOCKER_HOST: '/run/x.sock' }), { code: 'BAD_VALUE' });
  t.like(error, { hint: 'A socket of this host: unix:///run/x.sock' });
});

test('a daemon at a port of loopback is one of this host, however that is said', async (t) => {
  for (const [address, host, port] of [
    ['tcp://0.0.0.0:2375', '127.0.0.1', 2375],
    ['tcp://[::]:2375', '[::1]', 2375],
    [':2376', 'localhost', 2376],
    ['tcp://:4243', 'localhost', 4243],
    ['tcp://', 'localhost', 2375],
    ['tcp://127.0.1.1:2375', '127.0.1.1', 2375],
    // A name to the resolver, as those of this host in /etc/hosts are.
    ['tcp://127.1:2375', '127.1', 2375],
    ['tcp://127.0.0.1:2375', '127.0.0.1', 2375],
    ['localhost:4243', 'localhost', 4243],
    ['tcp://[::1]', '[::1]', 2375],
  ] as const)
    t.deepEqual(await endpointOf({ DOCKER_HOST: address }), { host, port, tls: undefined });
});

test.serial(
  'a daemon behind TLS is asked with the certificates of its context or of the variables',
  async (t) => {
    await using server = await FakeApiServer.start(({ path }) => [
      200,
      path === '/volumes' ? { Volumes: [] } : {},
    ]);
    const { ca, cert, key, server: address } = server.access;
    const host = address.replace('https', 'tcp');
    const tls = { 'ca.pem': ca, 'cert.pem': cert, 'key.pem': key };
    const DOCKER_CONFIG = await dockerConfig(t, { currentContext: 'near' }, { near: { host, tls } });
    t.deepEqual(await dockerodeEngine({ DOCKER_CONFIG }).volumes.list({}), []);

    const certificates = await dockerConfig(t);
    await using other = await FakeApiServer.start(() => [200, { Volumes: [] }]);
    const variables = { DOCKER_HOST: other.access.server.replace('https', 'tcp'), DOCKER_TLS_VERIFY: '1' };
    await t.throwsAsync(dockerodeEngine({ ...variables, DOCKER_CERT_PATH: certificates }).volumes.list({}), {
      code: 'DOCKER_UNREACHABLE',
    });
    t.is(other.requests.length, 0);
    t.is(server.requests.length, 1);
  },
);

test.serial(
  'what the process has in DOCKER_HOST does not matter to an operation that was given another one',
  async (t) => {
    const names = ['DOCKER_HOST', 'DOCKER_CERT_PATH'] as const;
    const before = names.map((name) => [name, process.env[name]] as const);
    process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1';
    // What is left there of another daemon.
    process.env['DOCKER_CERT_PATH'] = '/nonexistent';
    t.teardown(() => {
      for (const [name, value] of before) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    });
    const docker = dockerodeEngine({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
    const error = await t.throwsAsync(docker.volumes.list({}), { code: 'DOCKER_UNREACHABLE' });
    t.true(
      isCode(error, 'DOCKER_UNREACHABLE') && (error.observed ?? '').includes('/nonexistent/docker.sock'),
    );
  },
);
