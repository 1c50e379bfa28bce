import test from 'ava';
import type { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import type { RigDeps } from '../../../gocli-ts/src/rig/deps.ts';
import { findRig, requireRig } from '../../../gocli-ts/src/rig/find.ts';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { requireSnapshot, userSnapshots } from '../../../gocli-ts/src/rig/snapshot/require.ts';
import { removeSnapshot } from '../../../gocli-ts/src/rig/snapshot/snapshots.ts';
import { removeState } from '../../../gocli-ts/src/rig/state.ts';
import { startStopped } from '../../../gocli-ts/src/rig/start/stopped.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { addProvider, requestFor, VM_FACTS } from '../../helpers/engine.ts';
import { prune, pruneAll } from '../../helpers/prune.ts';
import { listed, snapshot, to } from '../../helpers/renaming.ts';
import { makeSaving, stepsOf, stop, type Saving } from '../../helpers/saving.ts';

async function startAs(name: string, deps: RigDeps): Promise<void> {
  const found = await requireRig(deps.docker, deps.paths, name);
  await startStopped(found, { timeoutMs: 5000, pinnedPorts: {} }, stepsOf(deps), deps);
}

/** A cluster of the first name beside one that was renamed, on an image of its own. */
const anotherC = (saving: Saving) =>
  up(
    requestFor(addProvider(saving.engine.docker, { ...VM_FACTS, provider: 'vm-2' }), { name: 'c' }),
    saving.run('second'),
  );

for (const forget of [false, true]) {
  const where = forget ? 'by another HOME' : 'here';
  test(`a renamed cluster that waits for its image is found by its name, ${where}`, async (t) => {
    const saving = await makeSaving(t);
    const { docker, paths } = saving.engine;
    await snapshot(saving, 's1');
    await stop(saving);
    await to(saving.engine, 'd');
    const giveBack = await pruneAll(docker);
    if (forget) await removeState(paths, 'd');
    t.deepEqual(await listed(saving.engine), ['d stopped']);
    t.is(await findRig(docker, paths, 'c'), undefined);
    t.deepEqual(
      (await userSnapshots(docker, 'd')).map(({ name, cluster, rig }) => [name, cluster, rig]),
      [['s1', 'd', 'c']],
    );
    await t.throwsAsync(startAs('d', saving.run('later')), {
      code: 'IMAGE_MISSING',
      message: /image that d /,
    });
    await t.throwsAsync(to(saving.engine, 'e', 'd'), { code: 'IMAGE_MISSING' });
    t.deepEqual(await listed(saving.engine), ['d stopped']);
    const lost = await t.throwsAsync<GocliError>(removeRig('d', saving.engine), {
      message: /of d would go.*s1/,
    });
    t.regex(lost.hint ?? '', /gocli snapshot rm --name d s1/);
    t.deepEqual(saving.containers(), [], 'looking leaves nothing');
    await removeRig('c', saving.engine);
    t.true(docker.volumeStore.has('c-data'), 'that is what another name had');
    giveBack();
    await startAs('d', saving.run('later'));
    t.deepEqual(await listed(saving.engine), ['d running']);
    t.is((await requireSnapshot(docker, 's1', 'd')).rig, 'c');
  });
}

test('while it waits, a new cluster of its first name gets an id and volumes of its own', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker, paths } = engine;
  await snapshot(saving, 's1');
  await stop(saving);
  await to(engine, 'd');
  const giveBack = await pruneAll(docker);
  await anotherC(saving);
  t.not((await requireRig(docker, paths, 'c')).id, 'c');
  t.deepEqual(await listed(engine), ['c running', 'd stopped']);
  await removeRig('c', engine);
  t.deepEqual(await listed(engine), ['d stopped']);
  await removeSnapshot(await requireSnapshot(docker, 's1', 'd'), engine);
  t.deepEqual(await userSnapshots(docker, 'd'), []);
  t.deepEqual(await listed(engine), ['d stopped']);
  giveBack();
  await startAs('d', saving.run('later'));
  t.deepEqual(await listed(engine), ['d running']);
  await removeRig('d', engine);
  t.deepEqual([...docker.volumeStore.keys()], []);
});

test('a snapshot that was pruned before its cluster was renamed comes back under the new name', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker } = engine;
  await snapshot(saving, 's1');
  await prune(docker);
  await to(engine, 'd');
  t.is((await requireSnapshot(docker, 's1', 'd')).cluster, 'd');
  t.deepEqual(
    saving.containers().filter((name) => name.startsWith('c-')),
    [],
  );
  await anotherC(saving);
  t.deepEqual(await listed(engine), ['c running', 'd running']);
});

test('a snapshot whose renaming was killed between its copy and its keeper is one all the same', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker } = engine;
  await snapshot(saving, 's1');
  docker.before = (method) => {
    if (method === 'containers.rename') throw new Error('killed');
  };
  await t.throwsAsync(to(engine, 'd'), { message: 'killed' });
  docker.before = () => undefined;
  await t.throwsAsync(requireSnapshot(docker, 'other', 'c'), { code: 'NOT_FOUND' });
  t.deepEqual(
    (await userSnapshots(docker, 'c')).map(({ name }) => name),
    ['s1'],
  );
  await to(engine, 'd');
  t.deepEqual(
    (await userSnapshots(docker, 'd')).map(({ name }) => name),
    ['s1'],
  );
});

test('a stopped cluster that was pruned is removed with all that it was saved as, whatever it is called', async (t) => {
  for (const name of ['c', 'd']) {
    const saving = await makeSaving(t);
    const { engine } = saving;
    await stop(saving);
    if (name === 'd') await to(engine, 'd');
    await prune(engine.docker);
    await removeRig(name, engine);
    t.deepEqual(saving.containers(), []);
    t.deepEqual([...engine.docker.volumeStore.keys()], []);
    t.deepEqual(await listed(engine), []);
  }
});

test('a renamed cluster gets another port when somebody takes one before it is bound', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker } = engine;
  for (const id of docker.containerStore.keys()) docker.end(id, 137);
  await to(engine, 'd');
  docker.before = (method, [id]) => {
    if (method !== 'containers.start' || docker.takenPorts.size > 0) return;
    const { ports = [] } = docker.containerStore.get(String(id))?.spec ?? {};
    for (const { hostPort } of ports.slice(0, 1)) docker.takenPorts.set(hostPort, 'process');
  };
  await startAs('d', saving.run('later'));
  t.is(docker.takenPorts.size, 1);
  t.deepEqual(await listed(engine), ['d running']);
  t.true(saving.notices().some((text) => / is taken: .* of d is on port /.test(text)));
});
