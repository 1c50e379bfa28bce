import test from 'ava';
import type { ContainerSpec } from '../../../gocli-ts/src/place/interface.ts';
import { GocliError, isCode } from '../../../gocli-ts/src/errors/error.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeDocker } from '../../fakes/docker.ts';

const SPEC: ContainerSpec = {
  name: 'one',
  image: 'a:1',
  labels: { cluster: 'c' },
  network: 'bridge',
  capabilities: [],
  noNewPrivileges: true,
  ports: [{ containerPort: 80, protocol: 'tcp', hostPort: 8080 }],
};

test('the clock jumps, and parallel sleeps end at their own times', async (t) => {
  const clock = new FakeClock();
  await Promise.all([clock.sleep(1000), clock.sleep(300)]);
  t.is(clock.monotonic(), 1000);
  const abort = new AbortController();
  const sleeping = clock.sleep(5, abort.signal);
  abort.abort(new Error('enough'));
  await t.throwsAsync(sleeping, { message: 'enough' });
});

test('containers live and end as those of a daemon do', async (t) => {
  const docker = new FakeDocker();
  t.true(isCode(await t.throwsAsync(docker.containers.create(SPEC)), 'IMAGE_MISSING'));
  docker.addImage('a:1');
  const id = await docker.containers.create(SPEC);
  t.true(isCode(await t.throwsAsync(docker.containers.create(SPEC)), 'CONFLICT'));
  await docker.containers.start(id);
  const other = await docker.containers.create({ ...SPEC, name: 'other' });
  t.true(isCode(await t.throwsAsync(docker.containers.start(other)), 'PORT_TAKEN'));
  const ended = docker.containers.wait(id, new AbortController().signal);
  docker.end(id, 9);
  t.is(await ended, 9);
  t.deepEqual(
    (await docker.containers.list({ cluster: 'c' })).map(({ state }) => state),
    ['exited', 'created'],
  );
  t.deepEqual(await docker.containers.list({ cluster: 'd' }), []);
  await docker.containers.remove(id);
  t.is(await docker.containers.inspect('one'), undefined);
});

test('failures are injected once, answers are scripted, calls recorded', async (t) => {
  const docker = new FakeDocker();
  docker.addImage('a:1');
  docker.failNext('containers.create', new GocliError('DISK_FULL', 'full'));
  t.true(isCode(await t.throwsAsync(docker.containers.create(SPEC)), 'DISK_FULL'));
  const id = await docker.containers.create(SPEC);
  await docker.containers.start(id);
  docker.onExec((argv) => (argv[0] === 'ls' ? { stdout: 'file\n' } : undefined));
  t.is((await docker.containers.exec(id, ['ls'])).stdout, 'file\n');
  t.is((await docker.containers.exec(id, ['true'])).exitCode, 0);
  t.deepEqual(
    docker.calls.map(({ method }) => method),
    ['containers.create', 'containers.create', 'containers.start', 'containers.exec', 'containers.exec'],
  );
});

test('files come out as they went in, volumes in use stay', async (t) => {
  const docker = new FakeDocker();
  docker.addImage('a:1');
  await docker.volumes.create('v', {});
  const id = await docker.containers.create({
    ...SPEC,
    mounts: [{ type: 'volume', source: 'v', target: '/v' }],
  });
  await docker.containers.putFiles(id, '/etc', [{ path: 'x/y', content: 'z' }]);
  await docker.containers.putArchive(id, '/tmp', await docker.containers.getArchive(id, '/etc/x'));
  t.is((await docker.containers.readFile(id, '/tmp/x/y')).toString(), 'z');
  t.true(isCode(await t.throwsAsync(docker.volumes.remove('v')), 'CONFLICT'));
});

test('files go into folders that are there, and into no volume that is read-only', async (t) => {
  const docker = new FakeDocker();
  docker.addImage('a:1');
  const mounts = [
    { type: 'volume', source: 'v', target: '/v' },
    { type: 'volume', source: 'r', target: '/r', readOnly: true },
  ] as const;
  const id = await docker.containers.create({ ...SPEC, mounts });
  const file = [{ path: 'x', content: 'y' }];
  await docker.containers.putFiles(id, '/v', file);
  await t.throwsAsync(docker.containers.putFiles(id, '/not-mounted', file), { code: 'NOT_FOUND' });
  const error = await t.throwsAsync(docker.containers.putFiles(id, '/r', file), { code: 'DOCKER' });
  t.like(error, { observed: 'mounted volume is marked read-only' });
});
