import test, { type ExecutionContext } from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import type { RigDeps } from '../../../gocli-ts/src/rig/deps.ts';
import { findRig, requireRig } from '../../../gocli-ts/src/rig/find.ts';
import { phaseOf } from '../../../gocli-ts/src/rig/life.ts';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { createSnapshot } from '../../../gocli-ts/src/rig/snapshot/create.ts';
import { requireSnapshot, userSnapshots } from '../../../gocli-ts/src/rig/snapshot/require.ts';
import { restoreSnapshot } from '../../../gocli-ts/src/rig/snapshot/restore.ts';
import {
  readSecret,
  readState,
  stateNames,
  writeSecret,
  writeState,
} from '../../../gocli-ts/src/rig/state.ts';
import { pauseRig, resumeRig } from '../../../gocli-ts/src/rig/pause.ts';
import { startStopped } from '../../../gocli-ts/src/rig/start/stopped.ts';
import { stopRig } from '../../../gocli-ts/src/rig/stop.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { requestFor, stateOf, unready } from '../../helpers/engine.ts';
import { prune } from '../../helpers/prune.ts';
import { elsewhere, listed, snapshot, STATES, to } from '../../helpers/renaming.ts';
import { makeSaving, start, stepsOf, stop, type Saving } from '../../helpers/saving.ts';

/** A cluster "c" beside one that has the same image. */
async function another(saving: Saving, name: string, id: string): Promise<void> {
  const [image] = await saving.engine.docker.images.list({});
  if (image === undefined) throw new Error('no image');
  await up(requestFor(image, { name }), saving.run(id));
}

/** Whatever is done with a cluster works under the new name. */
async function live(t: ExecutionContext, saving: Saving, deps: RigDeps, phase: string): Promise<void> {
  const { docker, paths } = deps;
  const request = { timeoutMs: 5000, pinnedPorts: {} };
  const found = () => requireRig(docker, paths, 'd');
  if (phase === 'paused') await resumeRig(await found(), deps);
  if (phase === 'running' || phase === 'paused') {
    await pauseRig(await found(), deps);
    await resumeRig(await found(), deps);
    await stopRig(await found(), stepsOf(deps), deps);
  }
  const later = { ...deps, run: 'later' };
  await startStopped(await found(), request, stepsOf(later), later);
  t.deepEqual(
    saving.containers().filter((name) => !name.startsWith('d-')),
    [],
  );
  const again = { ...deps, run: 'restored' };
  await createSnapshot(await found(), { name: 's2', kind: 'snapshot' }, stepsOf(again), again);
  await restoreSnapshot(await requireSnapshot(docker, 's2', 'd'), request, stepsOf(again), again);
  t.deepEqual(await listed(deps), ['d running']);
}

for (const [phase, prepare] of Object.entries(STATES)) {
  for (const home of ['this', 'another'] as const) {
    test(`a cluster that is ${phase} is renamed from ${home} HOME, and lives on under the new name`, async (t) => {
      const saving = await makeSaving(t);
      const { docker, paths } = saving.engine;
      await prepare(saving);
      const deps = saving.run('renaming', home === 'this' ? {} : elsewhere(saving));
      const ids = [...docker.containerStore.keys()];
      const volumes = [...docker.volumeStore.keys()];
      t.deepEqual(await to(deps, 'd'), { name: 'd', before: 'c' });
      t.deepEqual([...docker.containerStore.keys()], ids, 'nothing is made anew');
      t.deepEqual([...docker.volumeStore.keys()], volumes);
      t.true(
        saving.containers().every((name) => name.startsWith('d-')),
        saving.containers().join(),
      );
      for (const seen of [deps, saving.engine]) {
        t.deepEqual(await listed(seen), [`d ${phase}`]);
        t.is(await findRig(docker, seen.paths, 'c'), undefined);
      }
      t.false((await stateNames(deps.paths)).includes('c'));
      t.like(await findRig(docker, paths, 'd'), {
        id: 'c',
        state: { name: 'd', plan: { host: { name: 'd', id: 'c' } } },
      });
      await live(t, saving, deps, phase);
      await removeRig('d', deps);
      const left = (await userSnapshots(docker, undefined)).map(({ cluster }) => cluster);
      t.true(left.every((cluster) => cluster === 'd'));
      t.deepEqual(await listed(deps), []);
    });
  }

  test(`whatever request kills the renaming of one that is ${phase}, the same again finishes it`, async (t) => {
    for (let last = 0; ; last += 1) {
      const saving = await makeSaving(t);
      const { engine } = saving;
      const { docker } = engine;
      await prepare(saving);
      let requests = 0;
      docker.before = () => {
        requests += 1;
        if (requests > last) throw new Error('killed');
      };
      const killed = await to(saving.run('killed'), 'd').then(
        () => false,
        () => true,
      );
      docker.before = () => undefined;
      for (const seen of [engine, { ...engine, ...elsewhere(saving) }]) {
        const [one = '', ...more] = await listed(seen);
        t.true([`c ${phase}`, `d ${phase}`].includes(one), `${last}: ${one}`);
        t.deepEqual(more, []);
        t.is((await requireRig(docker, seen.paths, one.slice(0, 1))).state?.name, one.slice(0, 1));
      }
      if (killed) await to(saving.run('again'), 'd');
      t.deepEqual(await listed(engine), [`d ${phase}`]);
      t.deepEqual(await stateNames(engine.paths), ['d']);
      t.true(
        saving.containers().every((name) => name.startsWith('d-')),
        saving.containers().join(),
      );
      if (phase !== 'paused') t.is((await requireSnapshot(docker, 's1', 'd')).cluster, 'd');
      if (!killed) break;
    }
  });
}

test('a copy under the old name, which a kill left behind, goes when the same is typed again', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const copy = await readState(engine.paths, 'c');
  await to(engine, 'd');
  await writeState(engine.paths, copy ?? stateOf());
  t.deepEqual(await listed(engine), ['d running']);
  await to(engine, 'd');
  t.deepEqual(await stateNames(engine.paths), ['d']);
  await t.throwsAsync(to(engine, 'd'), { code: 'NOT_FOUND', message: /no cluster "c"/ });
});

test('the old name is free for a new cluster, which has an id and volumes of its own', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker, paths } = engine;
  const key = await readSecret(paths, 'c', 'id_ed25519');
  await to(engine, 'd');
  await another(saving, 'c', 'second');
  t.deepEqual(await listed(engine), ['c running', 'd running']);
  const [first, second] = [await requireRig(docker, paths, 'd'), await requireRig(docker, paths, 'c')];
  t.is(first.id, 'c');
  t.regex(second.id, /^c_[0-9a-f]{6}$/);
  t.is(first.containers.length, second.containers.length);
  t.is(await readSecret(paths, 'd', 'id_ed25519'), key);
  t.not(await readSecret(paths, 'c', 'id_ed25519'), key);
  t.like(second.state?.plan.host, { name: 'c', id: second.id });
  await snapshot(saving, 's1', 'c');
  await stopRig(second, stepsOf(engine), engine);
  t.deepEqual(await listed(engine), ['c stopped', 'd running']);
  await start(saving, saving.run('third'));
  await removeRig('d', engine);
  t.deepEqual(await listed(engine), ['c running']);
  await removeRig('c', engine);
  t.deepEqual([...docker.volumeStore.keys()], [`${second.id}-data`], 'it has a snapshot');
  await another(saving, 'c', 'fourth');
  t.is((await requireRig(docker, paths, 'c')).id, second.id, 'a new one goes on with the snapshots');
});

test('two clusters swap their names', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker, paths } = engine;
  await another(saving, 'd', 'second');
  await to(engine, 'e');
  await to(engine, 'c', 'd');
  await to(engine, 'd', 'e');
  t.is((await requireRig(docker, paths, 'c')).id, 'd');
  t.is((await requireRig(docker, paths, 'd')).id, 'c');
  await removeRig('d', engine);
  t.deepEqual(await listed(engine), ['c running']);
  await to(engine, 'd', 'c');
  t.like((await requireRig(docker, paths, 'd')).state?.plan.host, { id: undefined, name: 'd' });
});

test('a rename waits for what is done with either name, and two that swap do not wait for each other', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  for (const name of ['c', 'd']) {
    const held = await engine.docker.system.lock(`rig ${name}`, {
      signal: engine.signal,
      onWait: () => t.fail(),
    });
    const renaming = to(engine, name === 'c' ? 'd' : 'c', name === 'c' ? 'c' : 'd');
    await new Promise((resolve) => setTimeout(resolve, 20));
    t.deepEqual(await listed(engine), [`${name} running`]);
    await held[Symbol.asyncDispose]();
    await renaming;
  }
  t.true(saving.notices().some((text) => text.includes('Waiting for process 1')));
  const both = await Promise.allSettled([to(engine, 'd'), to(engine, 'c', 'd')]);
  t.is(both[0].status, 'fulfilled');
  t.is((await listed(engine)).length, 1);
});

test('what docker container prune removed is found by the new name, and not by the old one', async (t) => {
  for (const phase of ['stopped', 'halted'] as const) {
    for (const by of ['a list', 'a look']) {
      const saving = await makeSaving(t);
      const { engine } = saving;
      const { docker } = engine;
      const deps = { ...engine, ...elsewhere(saving) };
      await STATES[phase]?.(saving);
      await to(engine, 'd');
      await prune(docker);
      t.deepEqual(saving.containers(), []);
      if (by === 'a list') t.deepEqual(await listed(deps), [`d ${phase}`]);
      t.is(await findRig(docker, deps.paths, 'c'), undefined);
      t.is(phaseOf(await requireRig(docker, deps.paths, 'd')), phase);
      await another(saving, 'c', 'second');
      t.deepEqual(await listed(engine), ['c running', `d ${phase}`]);
      await removeRig('d', engine);
      t.deepEqual(await listed(engine), ['c running']);
      t.is((await requireSnapshot(docker, 's1')).cluster, 'd');
    }
  }
});

test('a name that something has is refused, and nothing changes', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker, paths } = engine;
  await another(saving, 'taken', 'second');
  await snapshot(saving, 's1', 'taken');
  const before = saving.containers();
  const isolated = { network: 'none', capabilities: [], noNewPrivileges: true, labels: {} };
  await t.throwsAsync(to(engine, 'taken'), { code: 'CONFLICT', message: /a cluster "taken" already/ });
  await removeRig('taken', engine);
  const kept = await t.throwsAsync(to(engine, 'taken'), { code: 'CONFLICT' });
  t.regex((kept as unknown as GocliError).hint ?? '', /gocli snapshot ls --name taken/);
  const [image] = await docker.images.list({});
  const foreign = await docker.containers.create({ ...isolated, name: 'd-node01', image: image?.id ?? '' });
  await t.throwsAsync(to(engine, 'd'), { code: 'CONFLICT', message: /a container is called d-node01/ });
  await docker.containers.remove(foreign);
  await t.throwsAsync(to(engine, 'c'), { code: 'USAGE' });
  await t.throwsAsync(to(engine, 'D_'), { code: 'BAD_VALUE' });
  await t.throwsAsync(to(engine, 'd', '../c'), { code: 'BAD_VALUE' });
  await t.throwsAsync(to(engine, 'd', 'nothing'), { code: 'NOT_FOUND', message: /no cluster "nothing"/ });
  t.deepEqual(
    saving.containers().filter((name) => name.startsWith('c-')),
    before.filter((name) => name.startsWith('c-')),
  );
  t.deepEqual(await stateNames(paths), ['c']);
});

test('while a rename was killed half way, nobody else gets either name', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  engine.docker.before = (method, [, name]) => {
    if (method === 'containers.rename' && name === 'd-dnsmasq') throw new Error('killed');
  };
  await t.throwsAsync(to(engine, 'd'), { message: 'killed' });
  engine.docker.before = () => undefined;
  const error = await t.throwsAsync(another(saving, 'd', 'second'), { code: 'CONFLICT' });
  t.is((error as unknown as GocliError).hint, 'Finish that first: gocli rename c d');
  await another(saving, 'e', 'third');
  await t.throwsAsync(to(engine, 'd', 'e'), { code: 'CONFLICT' });
  await to(engine, 'd');
  t.deepEqual(await listed(engine), ['d running', 'e running']);
});

test('what a request of it fails with says how to go on', async (t) => {
  const saving = await makeSaving(t);
  saving.engine.docker.failNext('containers.rename', new GocliError('DOCKER', 'no'));
  const error = await t.throwsAsync(to(saving.engine, 'd'), { code: 'DOCKER', message: 'no' });
  t.is((error as unknown as GocliError).hint, 'Nothing is lost; finish it: gocli rename c d');
});

test('a copy of another cluster of the new name does not get into it', async (t) => {
  const saving = await makeSaving(t);
  const { docker, paths } = saving.engine;
  const key = await readSecret(paths, 'c', 'id_ed25519');
  await writeState(paths, stateOf({ name: 'd', revision: '1.000000000' }));
  await writeSecret(paths, 'd', 'id_ed25519', 'another');
  await to(saving.engine, 'd');
  t.is(await readSecret(paths, 'd', 'id_ed25519'), key);
  const other = elsewhere(saving);
  await requireRig(docker, other.paths, 'd');
  t.is(await readSecret(other.paths, 'd', 'id_ed25519'), key);
});

test('a cluster of a version before records, or that is not Ready yet, keeps its name until it was stopped and started', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker, paths } = engine;
  const state = (await saving.found()).state ?? stateOf();
  const [network = ''] = [...docker.containerStore.keys()];
  docker.erase(network, '/machines/record.json');
  for (const old of [{ ...state, revision: undefined }, unready({ ...state, revision: undefined })]) {
    await writeState(paths, JSON.parse(JSON.stringify(old)) as typeof state);
    const error = await t.throwsAsync(to(engine, 'd'), { code: 'NOT_READY' });
    t.regex((error as unknown as GocliError).hint ?? '', /gocli stop --name c, then gocli start --name c/);
  }
  await stop(saving);
  await to(engine, 'd');
  t.deepEqual(await listed(engine), ['d stopped']);
  t.is((await readState(paths, 'd'))?.stopped, true);
});
