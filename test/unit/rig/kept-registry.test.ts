import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { listTemplates, unpublishTemplate } from '../../../gocli-ts/src/frozen/templates.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { findRigs, requireRig } from '../../../gocli-ts/src/rig/find.ts';
import { pauseRig } from '../../../gocli-ts/src/rig/pause.ts';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { removeSnapshot } from '../../../gocli-ts/src/rig/snapshot/snapshots.ts';
import { requireSnapshot } from '../../../gocli-ts/src/rig/snapshot/require.ts';
import { restoreSnapshot } from '../../../gocli-ts/src/rig/snapshot/restore.ts';
import { prune, pruneAll } from '../../helpers/prune.ts';
import { elsewhere, snapshot, to } from '../../helpers/renaming.ts';
import { makeSaving, stepsOf, stop, type Saving } from '../../helpers/saving.ts';
import { thawable } from './scripted.ts';
import {
  APP,
  BYTES,
  scriptRegistry,
  pushed,
  push,
  stored,
  keep,
  run,
  kept,
  volumes,
} from '../../helpers/keeping.ts';

test('what a registry stores outlives its cluster, is had by the next of that name, and goes with that', async (t) => {
  const saving = await pushed(t);
  t.like(await keep(saving), { containers: 3, registry: { kept: true, bytes: BYTES } });
  t.deepEqual(saving.containers(), ['c-kept']);
  t.deepEqual(volumes(saving), ['c-data']);
  t.deepEqual(await kept(saving), [['c', BYTES]]);
  t.deepEqual(await findRigs(saving.engine.docker, saving.engine.paths), []);
  t.like(await keep(saving), { containers: 0, registry: { kept: true, bytes: BYTES } }, 'kept already');
  await run(saving);
  t.is(stored(saving), 'v1');
  t.is(saving.notices().filter((text) => text.includes('has what was kept')).length, 1);
  t.deepEqual(saving.containers(), ['c-dnsmasq', 'c-node01', 'c-registry']);
  t.like(await removeRig('c', saving.engine), { containers: 3, registry: null });
  t.deepEqual(volumes(saving), []);
});

test('a cluster of another name does not get it, and a removal by its name removes it', async (t) => {
  const saving = await pushed(t);
  await keep(saving);
  await run(saving, 'other', 'd');
  t.is(stored(saving, 'd-data'), undefined);
  t.deepEqual(await kept(saving), [['c', BYTES]]);
  t.like(await removeRig('c', saving.engine), { registry: { kept: false, bytes: BYTES } });
  t.deepEqual(await kept(saving), []);
  t.deepEqual(volumes(saving), ['d-data', 'd-machines']);
  await run(saving);
  t.is(stored(saving), undefined);
});

test('of a registry that stores nothing nothing is kept', async (t) => {
  const saving = await makeSaving(t);
  scriptRegistry(saving.engine.docker);
  t.like(await keep(saving), { containers: 3, registry: null });
  t.deepEqual(volumes(saving), []);
  t.like(await keep(saving, 'none'), { containers: 0, registry: null });
});

test('a name of which only a registry is kept is named as such', async (t) => {
  const saving = await pushed(t);
  const { docker, paths } = saving.engine;
  await keep(saving);
  const error = await t.throwsAsync(requireRig(docker, paths, 'c'), { instanceOf: GocliError });
  t.regex(error.observed ?? '', /registry of c stored is kept \(2.0 MiB, of .+\)/);
  await run(saving, 'other', 'd');
  const taken = await t.throwsAsync(to(saving.engine, 'c', 'd'), { code: 'CONFLICT' });
  t.regex((taken as unknown as GocliError).hint ?? '', /gocli rm --name c|gocli rm c/);
});

/** Has the daemon answer no more from the n-th request on, as to a process that was killed. */
async function killedAt({ engine }: Saving, n: number, work: () => Promise<unknown>): Promise<boolean> {
  let left = n;
  engine.docker.before = () => {
    left -= 1;
    if (left < 0) throw new Error('killed');
  };
  await work().catch(() => undefined);
  engine.docker.before = () => undefined;
  // What a killed process looked into volumes with is swept when nobody waits for it any more.
  const tools = await engine.docker.containers.list({ [LABEL.role]: 'tool' });
  for (const { id } of tools) await engine.docker.containers.remove(id);
  return left < 0;
}

for (const prepare of ['running', 'paused', 'stopped', 'halted', 'kept'] as const) {
  test(`a removal of what is ${prepare} may be killed at each request: nothing is lost, nothing doubled`, async (t) => {
    let n = 0;
    for (; ; n += 1) {
      const saving = await pushed(t);
      const { docker } = saving.engine;
      if (prepare === 'paused') await pauseRig(await saving.found(), saving.engine);
      if (prepare === 'stopped') await stop(saving);
      if (prepare === 'halted') for (const id of docker.containerStore.keys()) docker.end(id, 137);
      if (prepare === 'kept') await keep(saving);
      if (!(await killedAt(saving, n, () => keep(saving, 'c', { run: 'killed' })))) break;
      const at = `killed at request ${n}`;
      t.like(await keep(saving), { registry: { kept: true, bytes: BYTES } }, at);
      t.deepEqual(saving.containers(), ['c-kept'], at);
      t.deepEqual(await kept(saving), [['c', BYTES]], at);
      await run(saving);
      t.is(stored(saving), 'v1', at);
      await removeRig('c', saving.engine);
      t.deepEqual(volumes(saving), [], at);
    }
    t.true(n > 3);
  });
}

test('a removal of what is kept may be killed at each request, and is repeated', async (t) => {
  let n = 0;
  for (; ; n += 1) {
    const saving = await pushed(t);
    await keep(saving);
    if (!(await killedAt(saving, n, () => removeRig('c', saving.run('killed'))))) break;
    await removeRig('c', saving.engine);
    t.deepEqual(saving.containers(), [], `killed at request ${n}`);
    t.deepEqual(volumes(saving), [], `killed at request ${n}`);
  }
  t.true(n > 3);
});

test('a start may be killed at each request: what is kept is there for the next', async (t) => {
  let n = 0;
  for (; ; n += 1) {
    const saving = await pushed(t);
    await keep(saving);
    if (!(await killedAt(saving, n, () => run(saving, 'killed')))) break;
    const at = `killed at request ${n}`;
    t.like(await keep(saving), { registry: { kept: true, bytes: BYTES } }, at);
    t.deepEqual(await kept(saving), [['c', BYTES]], at);
    await run(saving);
    t.is(stored(saving), 'v1', at);
  }
  t.true(n > 10);
});

test('a start that fails leaves it kept', async (t) => {
  const saving = await pushed(t);
  await keep(saving);
  saving.engine.docker.failNext('containers.start', new GocliError('DOCKER', 'no'));
  await t.throwsAsync(run(saving, 'failing'), { code: 'DOCKER' });
  t.deepEqual(await kept(saving), [['c', BYTES]]);
  await run(saving);
  t.is(stored(saving), 'v1');
});

test('a removal that cannot keep it removes nothing', async (t) => {
  const saving = await pushed(t);
  saving.engine.docker.failNext('containers.create', new GocliError('DOCKER', 'no'));
  await t.throwsAsync(keep(saving), { code: 'DOCKER' });
  t.deepEqual(saving.containers(), ['c-dnsmasq', 'c-node01', 'c-registry']);
  t.is(await saving.phase(), 'running');
});

test('it is found again after docker container prune, and after docker system prune -a', async (t) => {
  const saving = await pushed(t);
  const { docker } = saving.engine;
  await keep(saving);
  await prune(docker);
  t.deepEqual(saving.containers(), []);
  t.deepEqual(await kept(saving), [['c', BYTES]]);
  const images = await pruneAll(docker);
  t.deepEqual(await kept(saving), []);
  images();
  const another = docker.addImage('gocli/other:latest');
  t.deepEqual(await kept(saving), [['c', BYTES]]);
  await prune(docker);
  const [old] = await docker.images.list({});
  docker.imageStore.delete(old?.id ?? '');
  t.deepEqual(await kept(saving), [['c', BYTES]], 'any image can hold it');
  t.is(
    [...docker.containerStore.values()].find(({ info }) => info.name === 'c-kept')?.info.imageId,
    another.id,
  );
  t.is(stored(saving), 'v1');
  await removeRig('c', saving.engine);
  t.deepEqual(volumes(saving), []);
});

test('snapshots stay beside it, and neither goes with the other', async (t) => {
  const saving = await pushed(t);
  const { docker } = saving.engine;
  await snapshot(saving, 's1');
  push(saving, 'c', 'v2');
  t.like(await keep(saving), { snapshots: ['s1'], registry: { kept: true, bytes: BYTES } });
  await removeSnapshot(await requireSnapshot(docker, 's1', 'c'), saving.run('removing'));
  t.deepEqual(await kept(saving), [['c', BYTES]]);
  t.is(stored(saving), 'v2');
  await run(saving);
  t.is(stored(saving), 'v2');
  await snapshot(saving, 's2');
  await keep(saving);
  t.like(await removeRig('c', saving.run('rm')), { snapshots: ['s2'] });
  t.deepEqual(await kept(saving), []);
  t.deepEqual(volumes(saving), ['c-data']);
  await run(saving, 'again');
  t.is(stored(saving), undefined, 'what was in the volume of a snapshot is not the new cluster’s');
});

test('a restore puts what the snapshot has beside what is kept', async (t) => {
  const saving = await pushed(t);
  const { docker } = saving.engine;
  await snapshot(saving, 's1');
  push(saving, 'c', 'v2');
  await keep(saving);
  let beside = 0;
  docker.onExec(([, , script = ''], { id }) => {
    // What empties the store replaces what is kept; what goes beside it replaces nothing.
    if (script.includes('-delete && cp -a')) docker.write(id, APP, 'v1');
    if (script.includes('cp -anl "$coming/."')) beside += 1;
    return undefined;
  });
  const deps = saving.run('restoring');
  const request = { timeoutMs: 5000, pinnedPorts: {} };
  await restoreSnapshot(await requireSnapshot(docker, 's1', 'c'), request, stepsOf(deps), deps);
  t.is(await saving.phase(), 'running');
  t.is(stored(saving), 'v2', 'what is kept wins');
  t.is(beside, 1);
  t.false(saving.containers().includes('c-kept'));
});

test('of a stopped cluster the saved memory goes, and what its registry stores is kept', async (t) => {
  const saving = await pushed(t);
  await stop(saving);
  t.like(await keep(saving), { registry: { kept: true, bytes: BYTES } });
  t.is(await saving.phase(), undefined);
  t.deepEqual(saving.containers(), ['c-kept']);
  await run(saving);
  t.is(stored(saving), 'v1');
});

test('it has the last name of a renamed cluster, whatever HOME asks', async (t) => {
  const saving = await pushed(t);
  const { docker, paths } = saving.engine;
  await to(saving.engine, 'd');
  const there = elsewhere(saving);
  t.like(await keep(saving, 'd', there), { containers: 3, registry: { kept: true, bytes: BYTES } });
  t.deepEqual(await kept(saving), [['d', BYTES]]);
  await run(saving, 'old', 'c');
  const old = await requireRig(docker, paths, 'c');
  t.not(old.id, 'c', 'its id is that of what is kept');
  await run(saving, 'new', 'd');
  t.is((await requireRig(docker, there.paths, 'd')).id, 'c');
  t.is(stored(saving), 'v1');
  t.false(saving.containers().includes('d-kept'));
});

test('templates can be removed while a registry is kept', async (t) => {
  const { engine, start } = await thawable(t);
  const { docker } = engine;
  scriptRegistry(docker);
  await start();
  const registry = [...docker.containerStore.values()].find(({ info }) => info.name === 'c-registry');
  docker.write(registry?.info.id ?? '', APP, 'v1');
  await removeRig('c', engine, { registry: true });
  const [template] = await listTemplates(docker);
  if (template === undefined) return t.fail('no template');
  await unpublishTemplate(docker, template);
  t.deepEqual([...docker.volumeStore.keys()], ['c-data']);
});

test('a thaw of a name for which nothing is kept asks nothing of it', async (t) => {
  const { engine, start } = await thawable(t);
  engine.docker.calls.length = 0;
  await start();
  const asked = engine.docker.calls.filter(
    ({ method, args: [labels] }) =>
      method === 'containers.list' && LABEL.owner in ((labels ?? {}) as Record<string, string>),
  );
  t.deepEqual(asked, []);
});
