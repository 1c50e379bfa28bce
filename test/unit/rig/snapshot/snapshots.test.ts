import test from 'ava';
import { removeRig } from '../../../../gocli-ts/src/rig/remove.ts';
import { publishSnapshot, removeSnapshot } from '../../../../gocli-ts/src/rig/snapshot/snapshots.ts';
import { listSnapshots, type SnapshotRecord } from '../../../../gocli-ts/src/rig/snapshot/list.ts';
import { requireSnapshot } from '../../../../gocli-ts/src/rig/snapshot/require.ts';
import { up } from '../../../../gocli-ts/src/rig/up.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS, type Engine } from '../../../helpers/engine.ts';

async function withSnapshot(engine: Engine, name: string, kind: SnapshotRecord['kind'] = 'snapshot') {
  const { state } = await up(requestFor(addProvider(engine.docker, VM_FACTS)), engine);
  await publishSnapshot(engine.docker, {
    format: 1,
    kind,
    name,
    id: '0123456789ab',
    createdAt: 1,
    saved: { qemu: '10.0.13', capabilities: ['mapped-ram'], direct: true, machines: [] },
    state,
  });
}

test('a snapshot outlives its cluster and keeps the volume it lies in', async (t) => {
  const engine = await makeEngine(t);
  await withSnapshot(engine, 'clean');
  t.deepEqual((await removeRig('c', engine)).snapshots, ['clean']);
  t.deepEqual([...engine.docker.volumeStore.keys()], ['c-data']);
  t.is((await requireSnapshot(engine.docker, 'clean')).cluster, 'c');
  await t.throwsAsync(requireSnapshot(engine.docker, 'claen'), {
    code: 'NOT_FOUND',
    message: /Did you mean "clean"\?/,
  });
});

test('what a stopped cluster was saved as goes with it', async (t) => {
  const engine = await makeEngine(t);
  await withSnapshot(engine, '.stopped', 'stopped');
  t.deepEqual((await removeRig('c', engine)).snapshots, []);
  t.deepEqual([...engine.docker.volumeStore.keys()], []);
  t.deepEqual(await listSnapshots(engine.docker), []);
});

test('removing a snapshot of a running cluster removes its files in a machine, and its keeper', async (t) => {
  const engine = await makeEngine(t);
  await withSnapshot(engine, 'clean');
  const snapshot = await requireSnapshot(engine.docker, 'clean', 'c');
  await removeSnapshot(snapshot, engine);
  t.deepEqual(await listSnapshots(engine.docker), []);
  const removal = engine.docker.calls.find(
    ({ method, args }) => method === 'containers.exec' && JSON.stringify(args).includes('rm -rf'),
  );
  t.true(JSON.stringify(removal?.args).includes('/data/snapshots/0123456789ab'));
  t.is((await engine.docker.containers.inspect(String(removal?.args[0])))?.name, 'c-node01');
  t.deepEqual([...engine.docker.volumeStore.keys()].sort(), ['c-data', 'c-machines'], 'the cluster has it');
});

test('the last snapshot of a removed cluster takes the volume along', async (t) => {
  const engine = await makeEngine(t);
  await withSnapshot(engine, 'clean');
  await removeRig('c', engine);
  await removeSnapshot(await requireSnapshot(engine.docker, 'clean'), engine);
  t.deepEqual([...engine.docker.volumeStore.keys()], []);
});

test('a new cluster of that name does not have what the registry of the old one stored', async (t) => {
  const engine = await makeEngine(t);
  const { docker } = engine;
  const emptied = (): boolean =>
    docker.calls.some(
      ({ method, args }) =>
        method === 'containers.exec' && JSON.stringify(args).includes('-delete","sh","/data/registry"'),
    );
  await withSnapshot(engine, 'clean');
  t.false(emptied(), 'a new volume is empty');
  await removeRig('c', engine);
  await up(requestFor(addProvider(docker, VM_FACTS)), engine);
  t.true(emptied());
  t.is((await requireSnapshot(docker, 'clean')).cluster, 'c', 'its snapshot stays');

  await removeRig('c', engine);
  docker.onExec((argv) => (argv.includes('/data/registry') ? { exitCode: 1, stderr: 'no' } : undefined));
  await t.throwsAsync(up(requestFor(addProvider(docker, VM_FACTS)), engine), {
    code: 'COMMAND',
    message: /registry of an earlier c/,
  });
  t.deepEqual(
    [...docker.containerStore.values()].map(({ info }) => info.name),
    ['c-snapshot-0123456789ab'],
  );
});

test('what a stopped cluster was saved as takes no room beside its snapshots when it is removed', async (t) => {
  const engine = await makeEngine(t);
  const { docker } = engine;
  await withSnapshot(engine, 'clean');
  const { record } = await requireSnapshot(docker, 'clean');
  const stopped = { ...record, id: 'ba9876543210', name: '.stopped', kind: 'stopped' } as const;
  await publishSnapshot(docker, stopped);
  let isBusy = true;
  docker.onExec((argv) =>
    isBusy && argv.includes('/data/snapshots/ba9876543210') ? { exitCode: 1, stderr: 'busy' } : undefined,
  );
  await t.throwsAsync(removeRig('c', engine), { code: 'COMMAND', message: /cannot be removed/ });
  t.deepEqual(
    (await listSnapshots(docker)).map(({ name }) => name),
    ['clean', '.stopped'],
    'all else is; this is listed, so that it can be tried again',
  );
  isBusy = false;
  await removeRig('c', engine);
  t.deepEqual(
    (await listSnapshots(docker)).map(({ name }) => name),
    ['clean'],
  );
});

test('files of a snapshot that cannot be removed are an error', async (t) => {
  const engine = await makeEngine(t);
  await withSnapshot(engine, 'clean');
  await withSecond(engine);
  await removeRig('c', engine);
  engine.docker.onExec((argv) =>
    argv.some((word) => word.startsWith('rm -rf "$@"')) ? { exitCode: 1, stderr: 'busy' } : undefined,
  );
  const snapshot = await requireSnapshot(engine.docker, 'clean');
  const error = await t.throwsAsync(removeSnapshot(snapshot, engine), { code: 'COMMAND' });
  t.like(error, { observed: 'busy' });
});

async function withSecond({ docker }: Engine): Promise<void> {
  const { record } = await requireSnapshot(docker, 'clean');
  await publishSnapshot(docker, { ...record, id: 'ba9876543210', name: 'second' });
}
