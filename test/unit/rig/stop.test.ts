import { mkdirSync, rmSync } from 'node:fs';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import type { ContainerSpec, FileEntry } from '../../../gocli-ts/src/place/interface.ts';
import { rigFolder } from '../../../gocli-ts/src/host/paths.ts';
import { findRigs } from '../../../gocli-ts/src/rig/find.ts';
import { phaseOf } from '../../../gocli-ts/src/rig/life.ts';
import { createSnapshot } from '../../../gocli-ts/src/rig/snapshot/create.ts';
import { stoppedSaves } from '../../../gocli-ts/src/rig/snapshot/list.ts';
import { readState, writeState } from '../../../gocli-ts/src/rig/state.ts';
import { unready } from '../../helpers/engine.ts';
import { pauseRig, resumeRig } from '../../../gocli-ts/src/rig/pause.ts';
import { startStopped } from '../../../gocli-ts/src/rig/start/stopped.ts';
import { stopRig } from '../../../gocli-ts/src/rig/stop.ts';
import { makeSaving, start, stepsOf, stop, type Saving } from '../../helpers/saving.ts';

const RUNNING = ['c-dnsmasq', 'c-node01', 'c-registry'];

/** All but keepers. */
const running = (saving: Saving): string[] =>
  saving.containers().filter((name) => !name.includes('snapshot'));
const saves = (saving: Saving): Promise<number> =>
  stoppedSaves(saving.engine.docker, 'c').then((all) => all.length);

test('a stopped cluster is saved and has no containers; its start uses that up', async (t) => {
  const saving = await makeSaving(t);
  await stop(saving);
  t.is(await saving.phase(), 'stopped');
  t.deepEqual(running(saving), []);
  t.is(await saves(saving), 1);
  await t.throwsAsync(stop(saving), { code: 'NOT_READY', message: /is stopped/ });
  const state = await start(saving, saving.run('later'));
  t.truthy(state.readyAt);
  t.is(await saving.phase(), 'running');
  t.deepEqual(running(saving), RUNNING);
  t.is(await saves(saving), 0);
  await t.throwsAsync(start(saving, saving.run('again')), { code: 'CONFLICT', message: /not stopped/ });
});

test('after a start that failed the cluster is stopped as before, and the start can be repeated', async (t) => {
  const saving = await makeSaving(t);
  const { engine, refused } = saving;
  await stop(saving);
  refused.add('node01 migrate-incoming');
  const error = await t.throwsAsync(start(saving, saving.run('failing')), { code: 'REMOTE_COMMAND' });
  t.regex((error as unknown as { hint: string }).hint, /gocli start --name c/);
  t.notRegex((error as unknown as { hint: string }).hint, /gocli rm/);
  t.deepEqual(running(saving), [], 'what it made is gone');
  t.is(await saving.phase(), 'stopped');
  t.deepEqual((await findRigs(engine.docker, engine.paths)).map(phaseOf), ['stopped']);
  t.true((await readState(engine.paths, 'c'))?.stopped);
  t.deepEqual(await readdir(join(engine.paths.state, 'failed')), ['c-failing'], 'its evidence is kept');
  refused.clear();
  await start(saving, saving.run('later'));
  t.is(await saving.phase(), 'running');
});

for (const method of ['containers.create', 'containers.start', 'containers.connect'] as const) {
  test(`after Ctrl-C during ${method} of a start the cluster is stopped as before`, async (t) => {
    const saving = await makeSaving(t);
    await stop(saving);
    const interrupted = new AbortController();
    const reason = new GocliError('INTERRUPTED', 'interrupted by SIGINT');
    const { before } = saving.engine.docker;
    saving.engine.docker.before = (called, args) => {
      if (called === method) interrupted.abort(reason);
      return before(called, args);
    };
    await t.throwsAsync(start(saving, saving.run('failing', { signal: interrupted.signal })), { is: reason });
    t.deepEqual(running(saving), []);
    t.is(await saving.phase(), 'stopped');
    t.true(saving.notices().some((text) => text.includes('gocli start --name c')));
    await start(saving, saving.run('later'));
    t.is(await saving.phase(), 'running');
  });
}

test('a start that was killed, and wrote down that it was under way, can be repeated', async (t) => {
  const saving = await makeSaving(t);
  const { docker, paths } = saving.engine;
  await stop(saving);
  const state = await readState(paths, 'c');
  if (state === undefined) throw new Error('no state');
  const under = { ...unready(state), run: 'killed' };
  delete under.stopped;
  await writeState(paths, under);
  const labels = {
    [LABEL.cluster]: 'c',
    [LABEL.role]: 'node',
    [LABEL.node]: 'node01',
    [LABEL.run]: 'killed',
  };
  const isolated = { network: 'none', capabilities: [], noNewPrivileges: true };
  const left = await docker.containers.create({ name: 'c-node01', image: 'gocli/vm-1', labels, ...isolated });
  await docker.containers.start(left);
  t.is(await saving.phase(), 'stopped');
  await start(saving, saving.run('later'));
  t.is(await saving.phase(), 'running');
  t.is(await docker.containers.inspect(left), undefined);
});

test('a stop that was killed before it removed the containers is finished by a stop, or by a start', async (t) => {
  for (const next of [stop, (saving: Saving) => start(saving, saving.run('later'))]) {
    const saving = await makeSaving(t);
    const { engine } = saving;
    await createSnapshot(
      await saving.found(),
      { name: '.stopped', kind: 'stopped' },
      stepsOf(engine),
      engine,
    );
    t.is(await saving.phase(), 'stopped', 'its machines stand still for ever');
    await next(saving);
    t.is(await saving.phase(), next === stop ? 'stopped' : 'running');
    t.is(await saves(saving), next === stop ? 1 : 0);
    t.deepEqual(running(saving), next === stop ? [] : RUNNING);
  }
});

test('of several saved states the newest counts, and the older ones go with it', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  await stop(saving);
  const [older] = await stoppedSaves(engine.docker, 'c');
  engine.clock.advance(1000);
  engine.docker.failNext('containers.remove', new GocliError('DOCKER', 'busy'));
  const state = await start(saving, saving.run('second'));
  t.truthy(state.readyAt, 'a cluster that is Ready does not fail because something is left');
  t.is(await saves(saving), 1);
  t.is(await saving.phase(), 'running', 'what is left is older than the machines');
  await t.throwsAsync(start(saving, saving.run('third')), { code: 'CONFLICT' });
  engine.clock.advance(1000);
  const found = await saving.found();
  await createSnapshot(found, { name: '.stopped', kind: 'stopped' }, stepsOf(engine), engine);
  t.is(await saves(saving), 2);
  const newest = (await saving.found()).saved;
  t.not(newest?.keeper, older?.keeper);
  t.is(newest?.record.state.run, 'second');
  await start(saving, saving.run('fourth'));
  t.is(await saves(saving), 0);
});

test('when a saved state cannot be published the machines go on, and nothing of it is left', async (t) => {
  const saving = await makeSaving(t);
  const { engine, told } = saving;
  engine.docker.failNext('containers.create', new GocliError('DOCKER', 'no'));
  await t.throwsAsync(stop(saving), { code: 'DOCKER' });
  t.is(told.at(-1), 'node01 cont');
  t.is(await saves(saving), 0);
  t.is(await saving.phase(), 'running');
  const removals = engine.docker.calls.filter(
    ({ method, args }) => method === 'containers.exec' && JSON.stringify(args).includes('rm -rf'),
  );
  t.true(JSON.stringify(removals).includes('/data/snapshots/'));
});

test('machines that do not go on after a save that failed are told of', async (t) => {
  const saving = await makeSaving(t);
  const { engine, refused } = saving;
  engine.docker.failNext('containers.create', new GocliError('DOCKER', 'no'));
  refused.add('node01 cont');
  await t.throwsAsync(stop(saving), { code: 'DOCKER' });
  t.true(saving.notices().some((text) => text.includes('gocli status --name c')));
});

test('a saved state that was published although the daemon did not say so never passes for the newer one', async (t) => {
  const saving = await makeSaving(t);
  const { docker } = saving.engine;
  const { before } = docker;
  docker.before = async (method, args) => {
    const [spec] = args as [ContainerSpec];
    if (method !== 'containers.create' || !spec.name.includes('-snapshot-')) return before(method, args);
    docker.before = before;
    await docker.containers.create(spec);
    throw new GocliError('DOCKER', 'the connection was cut');
  };
  await t.throwsAsync(stop(saving), { code: 'DOCKER' });
  t.is(await saves(saving), 0);
  t.is(await saving.phase(), 'running');
});

test('keys that cannot be written end the stop before anything stands still', async (t) => {
  const saving = await makeSaving(t);
  saving.engine.docker.failNext(
    'containers.putFiles',
    new GocliError('DISK_FULL', 'no space left on device'),
  );
  await t.throwsAsync(stop(saving), { code: 'DISK_FULL' });
  t.false(saving.told.includes('node01 stop'));
  t.is(await saving.phase(), 'running');
});

test('keys that cannot be read end the stop before anything stands still', async (t) => {
  const saving = await makeSaving(t);
  const found = await saving.found();
  rmSync(join(rigFolder(saving.engine.paths, 'c'), 'id_ed25519'));
  // Nor are they in the record.
  saving.engine.docker.failNext('containers.readFile', new GocliError('NOT_FOUND', 'no record'));
  await t.throwsAsync(stopRig(found, stepsOf(saving.engine), saving.engine));
  t.false(saving.told.includes('node01 stop'));
  t.is(await saving.phase(), 'running');
});

test('what is pushed is never lost: the registry of a cluster that is stopped takes nothing after its save', async (t) => {
  const saving = await makeSaving(t);
  await stop(saving);
  const called = saving.engine.docker.calls.map(({ method }) => method);
  t.true(called.includes('containers.pause'));
  t.false(called.includes('containers.unpause'));
});

test('a registry that does not go on keeps no machine from it, and is told of', async (t) => {
  const saving = await makeSaving(t);
  const { docker } = saving.engine;
  docker.failNext('containers.create', new GocliError('DOCKER', 'no'));
  docker.failNext('containers.unpause', new GocliError('DOCKER', 'busy'));
  await t.throwsAsync(stop(saving), { code: 'DOCKER', message: 'no' });
  t.is(saving.told.at(-1), 'node01 cont');
  const [warning = ''] = saving.notices().filter((text) => text.includes('registry'));
  t.regex(warning, /busy.*gocli resume --name c/);
  await resumeRig(await saving.found(), saving.engine);
  t.is(await saving.phase(), 'running');
});

test('a registry that somebody else let go on costs no snapshot, and no word', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { before } = engine.docker;
  engine.docker.before = async (method, args) => {
    if (method === 'containers.unpause') {
      engine.docker.before = before;
      await engine.docker.containers.unpause(args[0] as string);
    }
    return before(method, args);
  };
  await createSnapshot(await saving.found(), { name: 's1', kind: 'snapshot' }, stepsOf(engine), engine);
  t.false(saving.notices().some((text) => text.includes('registry')));
  t.is(await saving.phase(), 'running');
});

test('keys of a saved state are for root alone', async (t) => {
  const saving = await makeSaving(t);
  await stop(saving);
  const keys = saving.engine.docker.calls.flatMap(({ method, args }) =>
    method === 'containers.putFiles' ? (args[2] as FileEntry[]) : [],
  );
  const [one] = keys.filter(({ path }) => path === 'attachment.json');
  t.like(one, { mode: 0o600 });
  t.is(one?.uid, undefined, 'the daemon writes it as root');
});

test('a save that was killed leaves the registry held; what is refused names resume, which lets all go on', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { docker } = engine;
  const [registry] = await docker.containers.list({ [LABEL.role]: 'registry' });
  await docker.containers.pause(registry?.id ?? '');
  const error = await t.throwsAsync(stop(saving), { instanceOf: GocliError });
  t.regex(error.hint ?? '', /gocli resume --name c/);
  await resumeRig(await saving.found(), engine);
  t.is(await saving.phase(), 'running');
  await stop(saving);
  t.is(await saving.phase(), 'stopped');
});

test('what a save left that was killed goes with the next one; what has a keeper stays', async (t) => {
  const saving = await makeSaving(t);
  const { docker } = saving.engine;
  const found = await saving.found();
  const request = { name: 'kept', kind: 'snapshot' } as const;
  const { id } = await createSnapshot(found, request, stepsOf(saving.engine), saving.engine);
  const removed: string[] = [];
  docker.onExec((argv) => {
    if (argv[2]?.includes('mkdir -p') === true) return { stdout: `${id}\nfeedfeedfeed\n` };
    if (argv[2]?.includes('rm -') === true) removed.push(...argv.slice(4));
    return undefined;
  });
  await createSnapshot(found, { ...request, name: 'second' }, stepsOf(saving.engine), saving.engine);
  t.true(removed.includes('/data/snapshots/feedfeedfeed'), removed.join());
  t.false(removed.some((path) => path.includes(id)));
});

test('a state that cannot be written ends stop, pause, resume and start before they change anything', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const folder = rigFolder(engine.paths, 'c');
  const found = await saving.found();
  const withoutFolder = async (work: () => Promise<unknown>): Promise<void> => {
    await rename(folder, `${folder}-away`);
    await writeFile(folder, '');
    const told = saving.told.length;
    await t.throwsAsync(work(), { code: 'FILE', message: /clusters\/c cannot be/ });
    t.is(saving.told.length, told);
    rmSync(folder);
    await rename(`${folder}-away`, folder);
  };
  await withoutFolder(() => stopRig(found, stepsOf(engine), engine));
  await withoutFolder(() => pauseRig(found, engine));
  await pauseRig(found, engine);
  const paused = await saving.found();
  await withoutFolder(() => resumeRig(paused, engine));
  await resumeRig(paused, engine);
  await stop(saving);
  const stopped = await saving.found();
  const request = { timeoutMs: 5000, pinnedPorts: {} };
  await withoutFolder(() => startStopped(stopped, request, stepsOf(engine), engine));
  t.is(await saving.phase(), 'stopped');
});

test('a started cluster that cannot be written down as such runs on, and keeps what it was saved as', async (t) => {
  const saving = await makeSaving(t);
  await stop(saving);
  const { docker, emit } = saving.engine;
  const failing = saving.run('later', {
    emit: (event) => {
      emit(event);
      if (event.type !== 'step-end' || event.id !== 'thawed') return;
      docker.failNext('containers.putFiles', new GocliError('DISK_FULL', 'no room for the record'));
    },
  });
  t.truthy((await start(saving, failing)).readyAt);
  t.deepEqual(running(saving), RUNNING);
  t.is(await saves(saving), 1);
  const [warning = ''] = saving.notices().filter((text) => text.includes('not written down'));
  t.true(warning.includes('no room for the record'), warning);
  t.regex(warning, /Then type: gocli start --name c, which goes on from what was saved/);
});

test('a copy that cannot be written is a warning: the engine knows that the cluster was started', async (t) => {
  const saving = await makeSaving(t);
  await stop(saving);
  const file = join(rigFolder(saving.engine.paths, 'c'), 'cluster.json');
  const { emit } = saving.engine;
  const failing = saving.run('later', {
    emit: (event) => {
      emit(event);
      if (event.type !== 'step-end' || event.id !== 'thawed') return;
      rmSync(file);
      mkdirSync(file);
    },
  });
  await start(saving, failing);
  t.true(saving.notices().some((text) => text.includes(file)));
  t.is(await saving.phase(), 'running');
  t.is(await saves(saving), 0);
});

test('a stopped cluster is known, and started, without its state folder', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  await stop(saving);
  const other = { ...engine.paths, state: join(engine.paths.state, 'other') };
  t.deepEqual((await findRigs(engine.docker, other)).map(phaseOf), ['stopped']);
  const state = await start(saving, saving.run('later', { paths: other }));
  t.truthy(state.readyAt);
  t.deepEqual((await findRigs(engine.docker, other)).map(phaseOf), ['running']);
});

test('a saved state that somebody removed is said to be gone', async (t) => {
  const saving = await makeSaving(t);
  const { docker } = saving.engine;
  await stop(saving);
  for (const { keeper, record } of await stoppedSaves(docker, 'c')) {
    docker.erase(keeper, `/data/snapshots/${record.id}`);
    await docker.containers.remove(keeper);
  }
  await t.throwsAsync(start(saving, saving.run('later')), { code: 'NOT_FOUND', message: /is gone/ });
});
