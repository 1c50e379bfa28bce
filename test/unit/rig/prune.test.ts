import test from 'ava';
import { listTemplates, sweepTemplates, unpublishTemplate } from '../../../gocli-ts/src/frozen/templates.ts';
import { findRig, findRigs } from '../../../gocli-ts/src/rig/find.ts';
import { phaseOf } from '../../../gocli-ts/src/rig/life.ts';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { createSnapshot } from '../../../gocli-ts/src/rig/snapshot/create.ts';
import { requireSnapshot, userSnapshots } from '../../../gocli-ts/src/rig/snapshot/require.ts';
import { removeSnapshot } from '../../../gocli-ts/src/rig/snapshot/snapshots.ts';
import type { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { removeState } from '../../../gocli-ts/src/rig/state.ts';
import { prune, pruneAll } from '../../helpers/prune.ts';
import { makeSaving, start, stepsOf, stop, type Saving } from '../../helpers/saving.ts';
import { templateVolumes, thawable } from './scripted.ts';

test('a stopped cluster survives the removal of all containers that do not run', async (t) => {
  const saving = await makeSaving(t);
  const { docker, paths } = saving.engine;
  await stop(saving);
  await prune(docker);
  t.deepEqual(saving.containers(), []);
  t.deepEqual((await findRigs(docker, paths)).map(phaseOf), ['stopped']);
  await start(saving, saving.run('later'));
  t.is(await saving.phase(), 'running');
});

test('a template does, and is thawed by the next start', async (t) => {
  const { engine, start: again, template } = await thawable(t);
  const { docker } = engine;
  await prune(docker);
  t.deepEqual(await listTemplates(docker), []);
  await again();
  t.deepEqual(
    (await listTemplates(docker)).map(({ id }) => id),
    [template],
  );
});

test('it is not swept for that; one that was unpublished does not come back', async (t) => {
  const { engine } = await thawable(t);
  const { docker } = engine;
  await prune(docker);
  await sweepTemplates(engine);
  const [template] = await listTemplates(docker);
  t.is(templateVolumes(engine).length, 1);
  if (template === undefined) throw new Error('no template');
  const user = {
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    labels: {},
    image: template.imageId,
  };
  const mounts = [{ type: 'volume' as const, source: template.volume, target: '/frozen' }];
  const holder = await docker.containers.create({ ...user, name: 'user', mounts });
  await unpublishTemplate(docker, template);
  await sweepTemplates(engine);
  t.deepEqual(await listTemplates(docker), []);
  await docker.containers.remove(holder);
  await sweepTemplates(engine);
  t.deepEqual(templateVolumes(engine), []);
});

test('no template is swept while a rig without containers may stand on it', async (t) => {
  const { engine, start: again, template } = await thawable(t);
  const { docker } = engine;
  await again();
  const [published] = await listTemplates(docker);
  if (published === undefined) throw new Error('no template');
  await unpublishTemplate(docker, published);
  for (const { info } of [...docker.containerStore.values()]) docker.end(info.id, 137);
  await prune(docker);
  await sweepTemplates(engine);
  t.deepEqual(templateVolumes(engine), [`gocli-template-${template}`]);
  await removeRig('c', engine);
  t.deepEqual(templateVolumes(engine), []);
});

test('a snapshot comes back to the list, and one that was removed does not', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker } = engine;
  for (const name of ['kept', 'gone'])
    await createSnapshot(await saving.found(), { name, kind: 'snapshot' }, stepsOf(engine), engine);
  const kept = await requireSnapshot(docker, 'kept');
  await removeSnapshot(await requireSnapshot(docker, 'gone'), engine);
  await prune(docker);
  t.deepEqual(
    (await userSnapshots(docker, 'c')).map(({ name }) => name),
    ['kept'],
  );
  t.is((await requireSnapshot(docker, 'kept')).record.id, kept.record.id);
  await t.throwsAsync(requireSnapshot(docker, 'gone'), { code: 'NOT_FOUND' });
});

test('a snapshot survives a prune beside its running cluster, and the stop or removal of that', async (t) => {
  for (const end of [(saving: Saving) => removeRig('c', saving.engine), (saving: Saving) => stop(saving)]) {
    const saving = await makeSaving(t);
    const { engine } = saving;
    await createSnapshot(await saving.found(), { name: 's1', kind: 'snapshot' }, stepsOf(engine), engine);
    await prune(engine.docker);
    await end(saving);
    t.is((await requireSnapshot(engine.docker, 's1', 'c')).name, 's1');
  }
});

test('a copy of a keeper that leads out of its volume makes nothing', async (t) => {
  const saving = await makeSaving(t);
  const { docker } = saving.engine;
  await createSnapshot(
    await saving.found(),
    { name: 's1', kind: 'snapshot' },
    stepsOf(saving.engine),
    saving.engine,
  );
  const { keeper, record } = await requireSnapshot(docker, 's1');
  const path = `/data/keepers/c-snapshot-${record.id}.json`;
  const copy = JSON.parse((await docker.containers.readFile(keeper, path)).toString()) as {
    mounts: unknown[];
  };
  copy.mounts.push({ type: 'bind', source: '/', target: '/host' });
  docker.write(keeper, path, JSON.stringify(copy));
  await prune(docker);
  await t.throwsAsync(requireSnapshot(docker, 's1'), { code: 'NOT_FOUND' });
});

test('a removal that is killed half way brings nothing back', async (t) => {
  for (const last of ['containers.remove', 'volumes.list']) {
    const saving = await makeSaving(t);
    const { engine } = saving;
    const { docker } = engine;
    for (const name of ['kept', 'gone'])
      await createSnapshot(await saving.found(), { name, kind: 'snapshot' }, stepsOf(engine), engine);
    const gone = await requireSnapshot(docker, 'gone');
    let killed = false;
    docker.before = (method) => {
      if (killed) throw new Error('killed');
      killed = method === last;
    };
    await t.throwsAsync(removeSnapshot(gone, engine), { message: 'killed' });
    docker.before = () => undefined;
    await prune(docker);
    t.is((await requireSnapshot(docker, 'kept', 'c')).name, 'kept');
    await t.throwsAsync(requireSnapshot(docker, 'gone', 'c'), { code: 'NOT_FOUND' });
  }
});

test('nor does a removal of a stopped cluster', async (t) => {
  const saving = await makeSaving(t);
  const { docker, paths } = saving.engine;
  await stop(saving);
  docker.before = (method) => {
    if (method === 'volumes.remove') throw new Error('killed');
  };
  await t.throwsAsync(removeRig('c', saving.engine), { message: 'killed' });
  docker.before = () => undefined;
  t.not((await findRigs(docker, paths)).map(phaseOf)[0], 'stopped');
});

test('a volume that goes while it is looked into comes back with its labels, so that it is swept', async (t) => {
  // Before the container that looks into it is made, and before the keeper is.
  for (const at of [1, 2]) {
    const saving = await makeSaving(t);
    const { docker, paths } = saving.engine;
    await stop(saving);
    await prune(docker);
    const before = new Map(docker.volumeStore);
    let creations = 0;
    docker.before = (method) => {
      if (method === 'containers.create') creations += 1;
      if (method === 'containers.create' && creations === at) docker.volumeStore.clear();
    };
    await findRig(docker, paths, 'c');
    t.true(creations >= at);
    t.true(docker.volumeStore.has('c-data'));
    for (const [name, labels] of docker.volumeStore) t.deepEqual(labels, before.get(name), name);
  }
});

test('so does that of the machines', async (t) => {
  const saving = await makeSaving(t);
  const { docker, paths } = saving.engine;
  for (const { info } of [...docker.containerStore.values()]) docker.end(info.id, 137);
  await prune(docker);
  const before = new Map(docker.volumeStore);
  docker.before = (method) => {
    if (method === 'containers.create') docker.volumeStore.delete('c-machines');
  };
  await findRig(docker, paths, 'c');
  t.true(docker.volumeStore.has('c-machines'));
  t.deepEqual(docker.volumeStore.get('c-machines'), before.get('c-machines'));
});

for (const what of ['stopped', 'halted'] as const) {
  test(`a ${what} cluster whose image is gone, too, says which one it waits for`, async (t) => {
    for (const forget of [false, true]) {
      const saving = await makeSaving(t);
      const { docker, paths } = saving.engine;
      if (what === 'stopped') await stop(saving);
      const giveBack = await pruneAll(saving.engine.docker);
      if (forget) await removeState(paths, 'c');
      t.is(await saving.phase(), what);
      t.deepEqual((await findRigs(docker, paths)).map(phaseOf), [what]);
      const error = await t.throwsAsync<GocliError>(start(saving, saving.run('later')), {
        code: 'IMAGE_MISSING',
        message: /gocli\/vm-1:latest/,
      });
      t.regex(error.observed ?? '', /^sha256:/);
      t.deepEqual(saving.containers(), []);
      t.is(docker.imageStore.size, 0, 'looking leaves nothing');
      giveBack();
      await start(saving, saving.run('later'));
      t.is(await saving.phase(), 'running');
    }
  });
}

test('a snapshot whose image is gone is listed, and lost neither by rm nor by the removal of another', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker } = engine;
  for (const name of ['s1', 's2'])
    await createSnapshot(await saving.found(), { name, kind: 'snapshot' }, stepsOf(engine), engine);
  await removeRig('c', engine);
  const giveBack = await pruneAll(saving.engine.docker);
  const names = async (): Promise<string[]> => (await userSnapshots(docker, 'c')).map(({ name }) => name);
  t.deepEqual(await names(), ['s1', 's2']);
  const error = await t.throwsAsync<GocliError>(removeRig('c', engine), {
    code: 'IMAGE_MISSING',
    message: /s1, s2/,
  });
  t.regex(
    `${error.observed ?? ''} ${error.hint ?? ''}`,
    /vm-1:latest, sha256:.*gocli snapshot rm --name c s1/,
  );
  await removeSnapshot(await requireSnapshot(docker, 's1', 'c'), engine);
  t.deepEqual(await names(), ['s2']);
  giveBack();
  await prune(docker);
  t.deepEqual(await names(), ['s2']);
  const image = [...docker.imageStore];
  docker.imageStore.clear();
  await prune(docker);
  await removeSnapshot(await requireSnapshot(docker, 's2', 'c'), engine);
  t.deepEqual([...docker.volumeStore.keys()], []);
  t.is(image.length, 1);
});

test('a snapshot whose template was pruned below it is said to be lost, and is not made anew over nothing', async (t) => {
  const { engine, start: again, template } = await thawable(t);
  const { docker, paths } = engine;
  await again();
  const found = await findRig(docker, paths, 'c');
  if (found === undefined) throw new Error('no cluster');
  await createSnapshot(found, { name: 's1', kind: 'snapshot' }, stepsOf(engine), engine);
  for (const id of docker.containerStore.keys()) docker.end(id, 137);
  await prune(docker);
  await docker.volumes.remove(`gocli-template-${template}`);
  const error = await t.throwsAsync<GocliError>(requireSnapshot(docker, 's1'), {
    code: 'NOT_FOUND',
    message: /is lost/,
  });
  t.regex(error.observed ?? '', new RegExp(template));
  t.deepEqual(templateVolumes(engine), []);
});

test('of a cluster that was pruned with its volumes the next command says so', async (t) => {
  const saving = await makeSaving(t);
  const { docker } = saving.engine;
  await pruneAll(saving.engine.docker);
  for (const name of [...docker.volumeStore.keys()]) await docker.volumes.remove(name);
  const error = await t.throwsAsync<GocliError>(saving.found(), { code: 'NOT_FOUND' });
  t.regex(error.observed ?? '', /volumes were removed/);
});
