import test from 'ava';
import { removeRig } from '../../../../gocli-ts/src/rig/remove.ts';
import {
  listSnapshots,
  publishSnapshot,
  removeSnapshot,
  requireSnapshot,
  type SnapshotRecord,
} from '../../../../gocli-ts/src/rig/snapshot/snapshots.ts';
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
  t.deepEqual([...engine.docker.volumeStore.keys()], ['c-data'], 'the cluster has it');
});

test('the last snapshot of a removed cluster takes the volume along', async (t) => {
  const engine = await makeEngine(t);
  await withSnapshot(engine, 'clean');
  await removeRig('c', engine);
  await removeSnapshot(await requireSnapshot(engine.docker, 'clean'), engine);
  t.deepEqual([...engine.docker.volumeStore.keys()], []);
});
