import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { dockerodeEngine } from '../../../../gocli-ts/src/place/docker/dockerode.ts';
import type { ContainerSpec, Docker } from '../../../../gocli-ts/src/place/interface.ts';

/** What an engine answers: status and JSON, by method and path; of several the next one each time. */
type Answers = Readonly<Record<string, readonly (readonly [number, unknown])[]>>;

interface Engine {
  readonly docker: Docker;
  /** `POST /volumes/create {"Name":"v"}`, without /version. */
  readonly asked: readonly string[];
}

const PODMAN = {
  Version: '5.4.2',
  Components: [{ Name: 'Podman Engine', Version: '5.4.2' }, { Name: 'Conmon' }],
};
const DOCKER = { Version: '20.10.24', Components: [{ Name: 'Engine' }, { Name: 'containerd' }] };

/** An engine with answers that were recorded of Podman 5.4.2, or of Docker. */
async function engine(t: ExecutionContext, answers: Answers, version: object = PODMAN): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-podman-'));
  const asked: string[] = [];
  const left = new Map(Object.entries(answers).map(([what, list]) => [what, [...list]]));
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const what = `${request.method ?? ''} ${(request.url ?? '').split('?')[0] ?? ''}`;
      if (what !== 'GET /version') asked.push(`${what} ${body}`.trim());
      const list = left.get(what) ?? [[200, what === 'GET /version' ? version : {}]];
      const [status, answer] = (list.length > 1 ? list.shift() : list[0]) ?? [500, {}];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  }).listen(join(folder, 'podman.sock'));
  await once(server, 'listening');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  return { docker: dockerodeEngine({ DOCKER_HOST: `unix://${join(folder, 'podman.sock')}` }), asked };
}

const ID = '9376a97fd9823ade26e87ba60dedb2d35258f40ce704ac88f356d92ef2c950bc';
const MADE: Answers = { 'POST /containers/create': [[201, { Id: ID, Warnings: [] }]] };
const SPEC: ContainerSpec = {
  name: 'c',
  image: 'gocli/tiny:1',
  labels: {},
  network: 'none',
  capabilities: [],
  noNewPrivileges: true,
};
const VOLUMES: ContainerSpec = {
  ...SPEC,
  mounts: [
    { type: 'volume', source: 'v', target: '/v', labels: { a: 'b' } },
    { type: 'volume', source: 'w', target: '/w' },
    { type: 'bind', source: '/etc', target: '/x', labels: { a: 'b' } },
  ],
};

/** What Podman says that a name exists, and so on; all with status 500. */
function refused(cause: string, message: string): Answers[string] {
  return [[500, { cause, message, response: 500 }]];
}

test('volumes are made with their labels before the container, which Podman does not do', async (t) => {
  const { docker, asked } = await engine(t, MADE);
  await docker.containers.create(VOLUMES);
  const [volume, looked, container, ...more] = asked;
  t.is(volume, 'POST /volumes/create {"Name":"v","Labels":{"a":"b"}}');
  t.is(looked, 'GET /volumes/v');
  t.regex(container ?? '', /^POST \/containers\/create/);
  t.deepEqual(more, ['GET /volumes/v']);
});

const REMOVED: Answers = { [`DELETE /containers/${ID}`]: [[204, {}]], 'DELETE /volumes/v': [[204, {}]] };
const FIRST = [200, { Name: 'v', CreatedAt: '2026-11-28T09:00:00Z', Labels: { a: 'b' } }] as const;
const SECOND = [200, { Name: 'v', CreatedAt: '2026-11-28T09:00:00Z', Labels: {} }] as const;
const GONE = [404, { cause: 'no such volume', message: 'no such volume', response: 404 }] as const;

for (const [what, looks] of [
  ['between it and its container', [FIRST, SECOND, FIRST]],
  ['as soon as it was made', [GONE, SECOND, FIRST]],
] as const)
  test(`a volume that a sweep takes ${what} is made again, with its container`, async (t) => {
    const { docker, asked } = await engine(t, { ...MADE, ...REMOVED, 'GET /volumes/v': looks });
    t.is(await docker.containers.create(VOLUMES), ID);
    t.deepEqual(
      asked.filter((one) => !one.startsWith('GET')).map((one) => one.split(' ', 2).join(' ')),
      [
        ...[
          'POST /volumes/create',
          'POST /containers/create',
          `DELETE /containers/${ID}`,
          'DELETE /volumes/v',
        ],
        ...['POST /volumes/create', 'POST /containers/create'],
      ],
    );
  });

test('what a sweep made nameless may be gone again, or in use, when it is to be removed', async (t) => {
  for (const status of [404, 409]) {
    const answers = { ...MADE, ...REMOVED, 'GET /volumes/v': [FIRST, SECOND, FIRST] };
    const removed = [[status, { message: 'no such volume', response: status }]] as const;
    const { docker } = await engine(t, { ...answers, 'DELETE /volumes/v': removed });
    t.is(await docker.containers.create(VOLUMES), ID, status.toFixed(0));
  }
});

test('a volume that is swept each time is an error that says so, and nothing is left', async (t) => {
  const looks = [FIRST, SECOND, FIRST, SECOND, FIRST, SECOND];
  const { docker, asked } = await engine(t, { ...MADE, ...REMOVED, 'GET /volumes/v': looks });
  await t.throwsAsync(docker.containers.create(VOLUMES), { code: 'DOCKER', message: /volume v is gone/ });
  t.is(asked.filter((one) => one.startsWith(`DELETE /containers/${ID}`)).length, 3);
});

test('Docker makes them itself', async (t) => {
  const { docker, asked } = await engine(t, MADE, DOCKER);
  await docker.containers.create(VOLUMES);
  t.deepEqual(
    asked.map((one) => one.split(' ')[1]),
    ['/containers/create'],
  );
});

test('a volume that another request has made meanwhile is taken', async (t) => {
  const exists = refused('volume already exists', 'volume with name v already exists: volume already exists');
  const { docker } = await engine(t, {
    ...MADE,
    'POST /volumes/create': exists,
    'GET /volumes/v': [[200, { Name: 'v' }]],
  });
  t.is(await docker.containers.create(VOLUMES), ID);
});

test('a volume that cannot be made is an error of its own', async (t) => {
  const { docker } = await engine(t, {
    ...MADE,
    'POST /volumes/create': refused('no space left', 'mkdir v: no space left on device'),
    'GET /volumes/v': [[404, { cause: 'no such volume', message: 'no such volume', response: 404 }]],
  });
  await t.throwsAsync(docker.containers.create(VOLUMES), { code: 'DISK_FULL' });
});

test('what Docker answers with 409 is a conflict with Podman, too', async (t) => {
  const { docker } = await engine(t, {
    'POST /containers/create': refused(
      'that name is already in use',
      `container create: creating container storage: the container name "c" is already in use by ${ID}. You have to remove that container to be able to reuse that name: that name is already in use`,
    ),
    'POST /containers/c/rename': refused(
      'UNIQUE constraint failed: ContainerConfig.Name',
      `renaming container ${ID}: updating container config table with new configuration for container ${ID}: UNIQUE constraint failed: ContainerConfig.Name`,
    ),
    'POST /containers/c/exec': refused(
      'container state improper',
      'can only create exec sessions on running containers: container state improper',
    ),
    'POST /containers/c/pause': refused(
      'container state improper',
      `"created" is not running, can't pause: container state improper`,
    ),
  });
  for (const work of [
    docker.containers.create(SPEC),
    docker.containers.rename('c', 'd'),
    docker.containers.exec('c', ['true']),
    docker.containers.pause('c'),
  ])
    await t.throwsAsync(work, { code: 'CONFLICT' });
});

test('a network container goes when those are gone that have its network', async (t) => {
  const depend = `container ${ID} has dependent containers which must be removed before it: ${ID}: container already exists`;
  const { docker, asked } = await engine(t, {
    'DELETE /containers/c': [...refused('container already exists', depend), [200, [{ Id: ID, Err: null }]]],
  });
  await docker.containers.remove('c');
  t.is(asked.length, 2);
});

const INSPECTED = {
  Id: `sha256:${ID}`,
  RepoTags: [
    'docker.io/gocli/tiny:1',
    'docker.io/library/probe:1',
    'localhost/gocli/other:1',
    'r.example/x:1',
  ],
  Created: '2026-11-28T01:59:25Z',
  Size: 1,
  Os: 'linux',
  Architecture: 'amd64',
  Config: {},
  RootFS: {},
};

test('images have the names that Docker would say', async (t) => {
  const { docker } = await engine(t, {
    'GET /images/gocli/tiny:1/json': [[200, INSPECTED]],
    'GET /images/json': [[200, [{ ...INSPECTED, Created: 1, Labels: null }]]],
  });
  const names = ['gocli/tiny:1', 'probe:1', 'gocli/other:1', 'r.example/x:1'];
  t.deepEqual((await docker.images.inspect('gocli/tiny:1'))?.tags, names);
  t.deepEqual((await docker.images.list({}))[0]?.tags, names);
});

test('with Docker an image of a registry at localhost is one', async (t) => {
  const { docker } = await engine(t, { 'GET /images/x/json': [[200, INSPECTED]] }, DOCKER);
  t.deepEqual((await docker.images.inspect('x'))?.tags, INSPECTED.RepoTags);
});

test('an image that was committed has an id as all others', async (t) => {
  const { docker } = await engine(t, { 'POST /commit': [[201, { Id: ID }]] });
  t.is(await docker.images.commit('c', 'gocli/x:1', { changes: [] }), `sha256:${ID}`);
});

test('images of an archive get the names that they have in it', async (t) => {
  const loaded = { 'POST /images/load': [[200, { stream: 'Loaded image: localhost/gocli/x:1\n' }]] } as const;
  const { signal } = new AbortController();
  const podman = await engine(t, loaded);
  await podman.docker.images.load(Readable.from(['tar']), { signal });
  t.deepEqual(podman.asked.slice(1), [
    'POST /images/localhost/gocli/x:1/tag {"repo":"gocli/x","tag":"1"}',
    'DELETE /images/localhost/gocli/x:1',
  ]);
  const docker = await engine(t, loaded, DOCKER);
  await docker.docker.images.load(Readable.from(['tar']), { signal });
  t.is(docker.asked.length, 1);
});

test('Podman is taken for what it is', async (t) => {
  const bridge = { Name: 'bridge', IPAM: { Config: [{ Subnet: '10.88.0.0/16', Gateway: '10.88.0.1' }] } };
  const { docker } = await engine(t, {
    'GET /info': [[200, { Architecture: 'amd64', SecurityOptions: ['name=seccomp,profile=default'] }]],
    'GET /networks': [[200, [bridge]]],
  });
  const info = await docker.system.info();
  t.is(info.architecture, 'x86_64');
  t.false(info.rootless);
  t.is(info.isHere, await docker.system.isHere());
  t.deepEqual(info.bridge, {
    subnets: ['10.88.0.0/16'],
    gateway: '10.88.0.1',
    masquerades: true,
    lasts: false,
  });
});

test('a bridge that does not masquerade is known by its options, and the host by its name', async (t) => {
  const option = 'com.docker.network.bridge.enable_ip_masquerade';
  for (const [said, masquerades] of [
    ['true', true],
    ['false', false],
  ] as const) {
    const { docker } = await engine(t, {
      'GET /info': [[200, { Architecture: 'x86_64', Name: 'there' }]],
      'GET /networks': [[200, [{ Name: 'bridge', Options: { [option]: said } }]]],
    });
    const info = await docker.system.info();
    t.is(info.bridge?.masquerades, masquerades);
    t.is(info.hostName, 'there');
  }
});
