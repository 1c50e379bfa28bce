import test, { type ExecutionContext } from 'ava';
import { keptLines, listedRegistries } from '../../../gocli-ts/src/api/kept-registries.ts';
import { userWords } from '../../../gocli-ts/src/host/user.ts';
import { findRigs } from '../../../gocli-ts/src/rig/find.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { keptAmong } from '../../../gocli-ts/src/rig/kept-registry.ts';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { prune, pruneAll } from '../../helpers/prune.ts';
import { snapshot, to } from '../../helpers/renaming.ts';
import { makeSaving, stop, type Saving } from '../../helpers/saving.ts';
import { BYTES, pushed, push, stored, keep, run, kept, volumes, keeperOf } from '../../helpers/keeping.ts';

/** A removal that keeps, killed at the first request of a kind after the keeper is there. */
async function killedBesideKeeper(t: ExecutionContext, saving: Saving, dead: string): Promise<void> {
  const { docker } = saving.engine;
  docker.before = (method) => {
    if (method === dead && saving.containers().includes('c-kept')) throw new Error('killed');
  };
  await t.throwsAsync(keep(saving));
  docker.before = () => undefined;
}

test('to remove what a killed start left is not to remove what was kept for it', async (t) => {
  const saving = await pushed(t);
  const { docker } = saving.engine;
  await keep(saving);
  docker.before = (method) => {
    if (saving.containers().includes('c-dnsmasq') && method !== 'containers.create')
      throw new Error('killed');
  };
  await t.throwsAsync(run(saving, 'killed'));
  docker.before = () => undefined;
  t.true(saving.containers().includes('c-dnsmasq'));
  t.like(await removeRig('c', saving.engine), { registry: { kept: true, bytes: BYTES } });
  t.deepEqual(await kept(saving), [['c', BYTES]]);
  await run(saving);
  t.is(stored(saving), 'v1');
});

test('rm of what a killed rm --keep-registry left keeps it, and a second one removes it', async (t) => {
  for (const dead of ['containers.remove', 'volumes.remove'] as const) {
    const saving = await pushed(t);
    await killedBesideKeeper(t, saving, dead);
    t.true(saving.containers().includes('c-kept'));
    t.like(await removeRig('c', saving.engine), { registry: { kept: true, bytes: BYTES } }, dead);
    t.deepEqual(await kept(saving), [['c', BYTES]], dead);
    t.is(stored(saving), 'v1');
    t.like(await removeRig('c', saving.engine), { registry: { kept: false, bytes: BYTES } });
    t.deepEqual(volumes(saving), []);
  }
});

test('a rig that was Ready with it has it, though its keeper is left, whatever the clocks say', async (t) => {
  for (const ahead of [0, 3_600_000]) {
    const saving = await pushed(t);
    const { docker, clock } = saving.engine;
    clock.advance(ahead);
    await keep(saving);
    docker.before = (method, [id]) => {
      if (method === 'containers.remove' && id === keeperOf(saving)) throw new GocliError('DOCKER', 'no');
    };
    await run(saving);
    docker.before = () => undefined;
    t.true(saving.containers().includes('c-kept'), 'left');
    t.like(await removeRig('c', saving.engine), { registry: null });
    t.deepEqual(volumes(saving), []);
  }
});

test('a keeper pruned before a start claims the name: its copy saves what it kept', async (t) => {
  for (const foreign of [false, true]) {
    const saving = await pushed(t);
    const { docker } = saving.engine;
    await keep(saving);
    let pruned = false;
    docker.before = (method) => {
      if (pruned || method !== 'containers.create') return;
      pruned = true;
      const id = keeperOf(saving);
      const one = docker.containerStore.get(id);
      if (one === undefined) return;
      docker.containerStore.delete(id);
      if (foreign)
        docker.containerStore.set('foreign', { ...one, info: { ...one.info, id: 'foreign', labels: {} } });
    };
    await run(saving);
    docker.before = () => undefined;
    t.true(pruned);
    t.is(stored(saving), 'v1');
    if (foreign) continue;
    t.like(await removeRig('c', saving.engine), { registry: null });
    t.deepEqual(volumes(saving), []);
  }
});

test('what cannot be measured is not nothing: nothing is removed', async (t) => {
  for (const answer of [{ exitCode: 1, stdout: '' }, { stdout: '' }, { stdout: 'du: what' }]) {
    const saving = await makeSaving(t);
    saving.engine.docker.onExec(([, , script = '']) => (script.includes('du -sk') ? answer : undefined));
    await t.throwsAsync(keep(saving), { code: 'COMMAND' });
    t.deepEqual(saving.containers(), ['c-dnsmasq', 'c-node01', 'c-registry']);
  }
});

test('of a stopped rig whose image is gone the save goes, too, in any image of gocli', async (t) => {
  const saving = await pushed(t);
  const { docker } = saving.engine;
  await stop(saving);
  const images = await pruneAll(docker);
  await t.throwsAsync(keep(saving), { code: 'IMAGE_MISSING' });
  const other = docker.addImage('gocli/other:latest');
  t.like(await keep(saving), { registry: { kept: true, bytes: BYTES } });
  t.deepEqual(saving.containers(), ['c-kept']);
  images();
  t.is(await saving.phase(), undefined);
  await prune(docker);
  t.deepEqual(await kept(saving), [['c', BYTES]]);
  t.is(await saving.phase(), undefined, 'no copy of it comes back');
  docker.imageStore.delete(other.id);
  await run(saving);
  t.is(stored(saving), 'v1');
});

test('several are measured side by side', async (t) => {
  const saving = await pushed(t);
  const { docker } = saving.engine;
  await run(saving, 'other', 'd');
  push(saving, 'd', 'v1');
  for (const id of docker.containerStore.keys()) docker.end(id, 137);
  await Promise.all(['c', 'd'].map((name) => keep(saving, name)));
  t.deepEqual(await kept(saving), [
    ['c', BYTES],
    ['d', BYTES],
  ]);
});

test('what was kept is emptied where a snapshot holds the volume', async (t) => {
  const saving = await pushed(t);
  await snapshot(saving, 's1');
  await keep(saving);
  t.is(stored(saving), 'v1');
  t.like(await removeRig('c', saving.engine), { snapshots: ['s1'], registry: { kept: false, bytes: BYTES } });
  t.deepEqual(volumes(saving), ['c-data']);
  t.is(stored(saving), undefined);
});

test('what is left beside a rig that is renamed has its name, and so has its copy', async (t) => {
  const saving = await pushed(t);
  const { docker } = saving.engine;
  await killedBesideKeeper(t, saving, 'containers.remove');
  await to(saving.engine, 'd');
  t.true(saving.containers().includes('d-kept'));
  t.regex(docker.read(keeperOf(saving, 'd'), '/data/keepers/c-kept.json') ?? '', /"name":"d-kept"/);
  t.like(await removeRig('d', saving.engine), { registry: { kept: true, bytes: BYTES } });
  await prune(docker);
  t.deepEqual(await kept(saving), [['d', BYTES]]);
});

test('what a restore that was killed put aside is not passed over, though a keeper is left', async (t) => {
  const saving = await pushed(t);
  const { docker } = saving.engine;
  await killedBesideKeeper(t, saving, 'containers.remove');
  const node = [...docker.containerStore.values()].find(({ info }) => info.name === 'c-node01');
  await docker.containers.rename(node?.info.id ?? '', 'c-aside01');
  const before = saving.containers();
  await t.throwsAsync(keep(saving), { code: 'NOT_READY' });
  t.deepEqual(saving.containers(), before);
});

test('whose it is is told', async (t) => {
  const saving = await pushed(t);
  const { docker, paths } = saving.engine;
  await keep(saving);
  const [one] = await listedRegistries(docker, await findRigs(docker, paths));
  t.is(one?.provider, 'vm-1');
  t.is(one?.user, userWords());
  const info = docker.containerStore.get(keeperOf(saving))?.info;
  const unknown = info === undefined ? [] : [{ ...info, labels: { ...info.labels, [LABEL.provider]: '' } }];
  t.deepEqual(
    keptAmong(unknown).map(({ provider }) => provider),
    [undefined],
  );
  t.true(keptLines(one === undefined ? [] : [one]).includes(`(2.0 MiB, of ${userWords()})`));
  await run(saving);
  t.true(saving.notices().some((text) => text.endsWith(`, of ${userWords()}.`)));
});
