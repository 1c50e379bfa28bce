import test, { type ExecutionContext } from 'ava';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { createSnapshot } from '../../../../gocli-ts/src/rig/snapshot/create.ts';
import { replaceBySnapshot } from '../../../../gocli-ts/src/rig/snapshot/replace.ts';
import { requireSnapshot } from '../../../../gocli-ts/src/rig/snapshot/require.ts';
import type { RigDeps } from '../../../../gocli-ts/src/rig/deps.ts';
import { rigStatus } from '../../../../gocli-ts/src/rig/status.ts';
import { keepState, withoutRevision } from '../../../../gocli-ts/src/rig/keep-state.ts';
import { writeState, type RigState } from '../../../../gocli-ts/src/rig/state.ts';
import { overSince } from '../../../../gocli-ts/src/rig/time-limit.ts';
import { pauseRig, resumeRig } from '../../../../gocli-ts/src/rig/pause.ts';
import { VM_FACTS } from '../../../helpers/engine.ts';
import { makeSaving, start, stepsOf, stop, type Saving } from '../../../helpers/saving.ts';

const KEPT = { name: 'kept', kind: 'snapshot' } as const;
const NAMES = ['c-dnsmasq', 'c-node01', 'c-registry'];

async function withSnapshot(t: ExecutionContext, nodes = 1): Promise<Saving> {
  const saving = await makeSaving(t, { ...VM_FACTS, defaults: { ...VM_FACTS.defaults, nodes } });
  const { engine } = saving;
  await createSnapshot(await saving.found(), KEPT, stepsOf(engine), engine);
  return saving;
}

async function replace(deps: RigDeps): Promise<RigState> {
  const snapshot = await requireSnapshot(deps.docker, 'kept');
  return replaceBySnapshot(snapshot, { timeoutMs: 5000, pinnedPorts: {} }, stepsOf(deps), deps);
}

/** Id of each container of the cluster, by its name. */
async function ids(saving: Saving): Promise<Record<string, string>> {
  return Object.fromEntries((await saving.found()).containers.map(({ name, id }) => [name, id]));
}

const own = (saving: Saving): string[] => saving.containers().filter((name) => !name.includes('-snapshot-'));

test('the machines are others afterwards, network and registry the same, and nothing stands aside', async (t) => {
  const saving = await withSnapshot(t);
  const before = await ids(saving);
  const { run } = await replace(saving.run('later'));
  t.is(run, 'later');
  const after = await ids(saving);
  t.is(after['c-dnsmasq'], before['c-dnsmasq']);
  t.is(after['c-registry'], before['c-registry']);
  t.not(after['c-node01'], before['c-node01']);
  t.deepEqual(own(saving), NAMES);
  t.is(await saving.phase(), 'running');
  t.is((await saving.found()).state?.paused, undefined);
});

for (const paused of [false, true]) {
  test(`when the new machines do not come up, ${paused ? 'what is paused stays so' : 'what ran runs on'}`, async (t) => {
    const saving = await withSnapshot(t);
    const before = await ids(saving);
    if (paused) await pauseRig(await saving.found(), saving.engine);
    saving.refused.add('node01 migrate-incoming');
    const error = await t.throwsAsync<GocliError>(replace(saving.run('failing')), { code: 'REMOTE_COMMAND' });
    t.regex(error.hint ?? '', paused ? /is paused as before/ : /runs on as before/);
    t.regex(error.hint ?? '', /gocli snapshot restore --name c kept/);
    t.deepEqual(await ids(saving), before);
    t.is(await saving.phase(), paused ? 'paused' : 'running');
    t.is((await saving.found()).state?.run, saving.engine.run);
    saving.refused.clear();
    await replace(saving.run('later'));
    t.is(await saving.phase(), 'running');
    t.deepEqual(own(saving), NAMES);
  });
}

test('a signal that ends a restore lets what ran run on', async (t) => {
  const saving = await withSnapshot(t);
  const before = await ids(saving);
  const ending = new AbortController();
  const { docker } = saving.engine;
  const plain = docker.before;
  docker.before = async (method, args) => {
    if (method === 'containers.create') ending.abort(new Error('interrupted'));
    await plain(method, args);
  };
  await t.throwsAsync(replace(saving.run('later', { signal: ending.signal })));
  docker.before = plain;
  t.is(await saving.phase(), 'running');
  t.deepEqual(await ids(saving), before);
  t.true(saving.notices().some((text) => /runs on as before/.test(text)));
});

/** Lets n requests to the daemon through, and none after those, as for a process that is killed; or all but one. */
async function endedAt(
  n: number,
  how: 'killed' | 'failed',
  saving: Saving,
  work: () => Promise<unknown>,
): Promise<boolean> {
  const { docker } = saving.engine;
  const plain = docker.before;
  let count = 0;
  docker.before = async (method, args) => {
    count += 1;
    if (how === 'killed' ? count > n : count === n + 1) throw new Error(how);
    await plain(method, args);
  };
  try {
    await work();
  } catch {
    // What is left is looked at.
  } finally {
    docker.before = plain;
  }
  return count > n;
}

/** What a user does then: `resume`, where it is needed. */
async function goOn(saving: Saving): Promise<void> {
  const found = await saving.found();
  if (found.aside !== undefined || found.state?.paused === true) await resumeRig(found, saving.run('after'));
}

for (const how of ['killed', 'failed'] as const) {
  test(`wherever a restore of two machines is ${how}, resume brings back what ran, or ends what is done`, async (t) => {
    let most = 0;
    for (let n = 1; ; n += 1) {
      const saving = await withSnapshot(t, 2);
      const before = await ids(saving);
      const at = `request ${n}`;
      if (!(await endedAt(n, how, saving, () => replace(saving.run('later'))))) break;
      most += Number(own(saving).includes('c-aside01'));
      await goOn(saving);
      t.is(await saving.phase(), 'running', at);
      t.deepEqual(own(saving), Object.keys(before).sort(), at);
      const after = await ids(saving);
      const { run } = (await saving.found()).state ?? {};
      if (run === 'later') t.not(after['c-node01'], before['c-node01'], at);
      else t.deepEqual(after, before, at);
    }
    if (how === 'killed') t.true(most > 5, 'machines stood aside at some of them');
  });
}

test('wherever the way back of two machines is killed, resume brings back what ran', async (t) => {
  for (let n = 1; ; n += 1) {
    const saving = await withSnapshot(t, 2);
    const before = await ids(saving);
    saving.refused.add('node01 migrate-incoming');
    const wasKilled = await endedAt(n, 'killed', saving, () => replace(saving.run('later')));
    saving.refused.clear();
    if (!wasKilled) break;
    await goOn(saving);
    t.is(await saving.phase(), 'running', `request ${n}`);
    t.deepEqual(await ids(saving), before, `request ${n}`);
  }
});

/** A cluster whose restore is killed at the first request of this kind that comes after machines were put aside. */
async function withAside(t: ExecutionContext, last: string): Promise<Saving> {
  const saving = await withSnapshot(t);
  const { docker } = saving.engine;
  let isOver = false;
  const plain = docker.before;
  docker.before = async (method, args) => {
    isOver ||= method === last && own(saving).includes('c-aside01');
    if (isOver) throw new Error('killed');
    await plain(method, args);
  };
  await replace(saving.run('killed')).catch(() => undefined);
  docker.before = plain;
  return saving;
}

test('a restore that was killed is begun again', async (t) => {
  const saving = await withAside(t, 'containers.create');
  t.is(await saving.phase(), 'broken');
  const error = await t.throwsAsync<GocliError>(stop(saving), { code: 'NOT_READY' });
  t.regex(error.hint ?? '', /gocli resume --name c|gocli resume c/);
  t.is((await replace(saving.run('later'))).run, 'later');
  t.is(await saving.phase(), 'running');
  t.deepEqual(own(saving), NAMES);
});

test('where both cannot share the network, what runs is saved first, and comes back when the restore fails', async (t) => {
  const saving = await withSnapshot(t);
  await stop(saving);
  const ports = (await saving.found()).state?.ports ?? {};
  await start(saving, saving.run('moved'), { '5000/tcp': (ports['5000/tcp'] ?? 0) + 1 });
  saving.refused.add('node01 migrate-incoming');
  const error = await t.throwsAsync<GocliError>(replace(saving.run('failing')), { code: 'REMOTE_COMMAND' });
  t.regex(error.hint ?? '', /saved, and goes on with: gocli start --name c/);
  t.true(saving.notices().some((text) => /saved first, since the snapshot has another network/.test(text)));
  t.is(await saving.phase(), 'stopped');
  saving.refused.clear();
  await start(saving, saving.run('again'));
  t.is(await saving.phase(), 'running');
});

test('after a restart of the host its disks come back in a container of their own, and it boots from them', async (t) => {
  const saving = await withAside(t, 'containers.create');
  const { docker } = saving.engine;
  t.true(own(saving).includes('c-aside01'));
  for (const { info } of docker.containerStore.values()) docker.end(info.id, 137);
  docker.calls.length = 0;
  const found = await saving.found();
  t.regex((await rigStatus(found, saving.engine)).conditions[0]?.observed ?? '', /gocli resume/);
  const error = await t.throwsAsync<GocliError>(resumeRig(found, saving.run('after')), { code: 'NOT_READY' });
  t.regex(error.hint ?? '', /gocli start/);
  t.deepEqual(own(saving), NAMES);
  t.is(await saving.phase(), 'halted');
  const tool = docker.calls.find(({ method }) => method === 'containers.exec')?.args[1] as string[];
  t.true(tool[2]?.includes('mv "$1/aside" "$1/disks"') === true && tool[2].includes('mv -T .aside'));
  t.false(
    docker.calls.some(
      ({ method, args }) => method === 'containers.start' && args[0] === found.containers[0]?.id,
    ),
  );
});

test('a restart of the host after a restore that was over leaves a cluster that can be booted', async (t) => {
  const saving = await withAside(t, 'containers.remove');
  const { docker } = saving.engine;
  t.deepEqual(own(saving), ['c-aside01', ...NAMES]);
  for (const { info } of docker.containerStore.values()) docker.end(info.id, 137);
  await t.throwsAsync(resumeRig(await saving.found(), saving.run('after')), { code: 'NOT_READY' });
  t.deepEqual(own(saving), NAMES);
  t.is(await saving.phase(), 'halted');
  t.is((await saving.found()).state?.run, 'killed');
});

test('what somebody left aside is removed before anything is put there', async (t) => {
  const saving = await withSnapshot(t);
  const { docker } = saving.engine;
  docker.calls.length = 0;
  await replace(saving.run('later'));
  const scripts = docker.calls.map(({ method, args }) => `${method} ${JSON.stringify(args)}`);
  const renamed = scripts.findIndex((text) => /^containers.rename .*c-aside01/.test(text));
  for (const left of ['/aside', '.aside .unfinished', 'o-$tap']) {
    const at = scripts.findIndex((text) => text.includes('containers.exec') && text.includes(left));
    t.true(at >= 0 && at < renamed, left);
  }
});

test('a cluster that cannot be asked for is not replaced', async (t) => {
  const saving = await withSnapshot(t);
  const before = await ids(saving);
  const deps = saving.run('later');
  const snapshot = await requireSnapshot(deps.docker, 'kept');
  saving.engine.docker.failNext('containers.modified', new GocliError('DOCKER', 'the daemon is busy'));
  const request = { timeoutMs: 5000, pinnedPorts: {} };
  await t.throwsAsync(replaceBySnapshot(snapshot, request, stepsOf(deps), deps), { code: 'DOCKER' });
  t.deepEqual(await ids(saving), before);
});

test('one of a version before records is saved first', async (t) => {
  const saving = await withSnapshot(t);
  const { docker, paths } = saving.engine;
  const { state, containers } = await saving.found();
  if (state === undefined) return t.fail();
  docker.erase(containers.find(({ name }) => name === 'c-dnsmasq')?.id ?? '', '/machines/record.json');
  await writeState(paths, withoutRevision(state));
  await replace(saving.run('later'));
  t.true(saving.notices().some((text) => /saved first, since it is of an earlier version/.test(text)));
  t.is(await saving.phase(), 'running');
});

test('a record that was written without an answer counts', async (t) => {
  const saving = await withSnapshot(t);
  const { containers } = saving.engine.docker;
  const plain = containers.putFiles.bind(containers);
  containers.putFiles = async (id, directory, files) => {
    await plain(id, directory, files);
    const isLast = files.some(({ content }) => /"run":"later".*"readyAt"/.test(content?.toString() ?? ''));
    if (isLast) throw new GocliError('DOCKER', 'no answer');
  };
  t.is((await replace(saving.run('later'))).run, 'later');
  t.is(await saving.phase(), 'running');
  t.deepEqual(own(saving), NAMES);
});

test('the time of a rig begins anew with a restore, whatever that of the snapshot was', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { state } = await saving.found();
  if (state === undefined) return t.fail();
  const host = { ...state.plan.host, ttlMs: 3_600_000 };
  const limited = {
    ...state,
    plan: { ...state.plan, host },
    until: new Date(engine.clock.now()).toISOString(),
  };
  await keepState(limited, engine);
  await createSnapshot(await saving.found(), KEPT, stepsOf(engine), engine);
  engine.clock.advance(7_200_000);
  await replace(saving.run('later'));
  t.is(overSince(await saving.found(), engine.clock.now()), undefined);
});
