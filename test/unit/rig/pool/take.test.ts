import test from 'ava';
import { freePorts } from '../../../../gocli-ts/src/host/free-ports.ts';
import { findRig, requireRig, requireState } from '../../../../gocli-ts/src/rig/find.ts';
import { phaseOf } from '../../../../gocli-ts/src/rig/life.ts';
import { giveName } from '../../../../gocli-ts/src/rig/rename.ts';
import { removeRig } from '../../../../gocli-ts/src/rig/remove.ts';
import { resumeRig } from '../../../../gocli-ts/src/rig/pause.ts';
import { startStopped } from '../../../../gocli-ts/src/rig/start/stopped.ts';
import { stopRig } from '../../../../gocli-ts/src/rig/stop.ts';
import { createSnapshot } from '../../../../gocli-ts/src/rig/snapshot/create.ts';
import { readState, stateNames } from '../../../../gocli-ts/src/rig/state.ts';
import { up } from '../../../../gocli-ts/src/rig/up.ts';
import { another, idOf, makePool } from '../../../helpers/pool.ts';
import { stepsOf } from '../../../helpers/saving.ts';

test('a start takes the oldest cluster of the pool, which is like any other then', async (t) => {
  const bench = await makePool(t, 2);
  const { engine } = bench;
  const [oldest = ''] = await bench.fill();
  const before = engine.docker.containerStore.size;
  const { state, started } = await bench.run('c');
  t.true(started);
  t.is(engine.docker.containerStore.size, before, 'nothing is made anew');
  t.is(await idOf(bench, 'c'), oldest);
  t.deepEqual(await bench.others(), ['c running']);
  t.is((await bench.members()).length, 1);
  t.like(state, { name: 'c', paused: undefined, pooled: undefined });
  t.like(state.plan.host, { name: 'c', id: oldest });
  t.deepEqual((await stateNames(engine.paths)).includes(oldest), false, 'nothing has the old name');
  t.true(bench.machines.clocksSet > 0);
  t.true(bench.notices().includes(`Cluster ${oldest} of the pool is c now.`));

  t.false((await bench.run('c')).started, 'and it is left as it is');
  const deps = another(engine);
  await stopRig(await requireRig(engine.docker, engine.paths, 'c'), stepsOf(deps), deps);
  const later = another(engine);
  const stopped = await requireRig(engine.docker, engine.paths, 'c');
  await startStopped(stopped, { timeoutMs: 5000, pinnedPorts: {} }, stepsOf(later), later);
  t.deepEqual(await bench.others(), ['c running']);
  await removeRig('c', another(engine));
  t.deepEqual(await bench.others(), []);
});

test('two starts at once never get the same one, and a third starts by itself', async (t) => {
  const bench = await makePool(t, 2);
  const made = await bench.fill();
  await Promise.all(['a', 'b', 'c'].map((name) => bench.run(name)));
  const ids = await Promise.all(['a', 'b', 'c'].map((name) => idOf(bench, name)));
  t.is(new Set(ids).size, 3);
  t.deepEqual(ids.filter((id) => made.includes(id ?? '')).sort(), [...made].sort());
  t.deepEqual(await bench.others(), ['a running', 'b running', 'c running']);
  t.deepEqual(await bench.members(), []);
  t.true(bench.notices().includes('No cluster of the pool is taken: none stands ready.'));
});

test('from another network than the daemon none is taken, and none is lost', async (t) => {
  const bench = await makePool(t, 2);
  const { docker } = bench.engine;
  const here = docker.about;
  await bench.fill();
  const before = await bench.members();
  const bridge = { subnets: ['203.0.113.0/24'], gateway: '203.0.113.1' };
  docker.about = { ...here, bridge, isHere: false };
  await t.throwsAsync(bench.run('c'), { code: 'DOCKER_UNSUPPORTED' });
  t.deepEqual(await bench.members(), before);
  docker.about = here;
  docker.calls.length = 0;
  await bench.run('c');
  t.false(
    docker.calls.some(({ method }) => method === 'system.info'),
    'what is taken where the socket was made costs no question',
  );
});

test('where only a try shows that, the one that was taken is left, and taken by the next run', async (t) => {
  const bench = await makePool(t, 2);
  const { docker } = bench.engine;
  const here = docker.about;
  const [oldest = ''] = await bench.fill();
  bench.machines.refusedOnce.add('node01 cont');
  docker.about = { ...here, hostName: 'elsewhere' };
  docker.hostPortOf = () => 1;
  await t.throwsAsync(bench.run('c'), { code: 'DOCKER_UNSUPPORTED' });
  t.is((await bench.members()).length, 1);
  await t.throwsAsync(bench.run('c'), { code: 'DOCKER_UNSUPPORTED' }, 'nor is it waited for from there');
  docker.about = here;
  await bench.run('c');
  t.is(await idOf(bench, 'c'), oldest);
  t.deepEqual(await bench.others(), ['c running']);
});

test('one that does not go on is removed with its logs kept, and the next one is taken', async (t) => {
  const bench = await makePool(t, 2);
  const [bad = '', good = ''] = await bench.fill();
  bench.machines.refusedOnce.add('node01 cont');
  await bench.run('c');
  t.is(await idOf(bench, 'c'), good);
  t.deepEqual(await bench.members(), []);
  const told = bench.notices().find((text) => text.includes('could not be taken')) ?? '';
  t.regex(told, new RegExp(`^Cluster ${bad} of the pool is removed, .*What was logged is kept in .*failed/`));
  t.deepEqual(
    [...bench.engine.docker.volumeStore.keys()].filter((name) => name.startsWith(bad)),
    [],
  );
});

test('where none can be taken the start is what it was without a pool', async (t) => {
  const bench = await makePool(t, 1);
  const [only = ''] = await bench.fill();
  await bench.run('without', { pool: undefined });
  t.is(await idOf(bench, 'without'), 'without');
  const pinned = bench.request('pinned');
  const [httpPort = 0] = await freePorts(['tcp']);
  await up({ ...pinned, values: { ...pinned.values, httpPort } }, another(bench.engine));
  t.is(await idOf(bench, 'pinned'), 'pinned');
  t.true(
    bench.notices().includes(`No cluster of the pool is taken: none stands ready on host port ${httpPort}.`),
  );
  await bench.run('cold', { template: 'none' });
  t.is(await idOf(bench, 'cold'), 'cold');
  t.deepEqual(await bench.members(), [`${only} pooled`]);
});

test('a name with snapshots stays that of the cluster that they are of', async (t) => {
  const bench = await makePool(t, 1);
  const { engine } = bench;
  await bench.run('c', { pool: undefined });
  const deps = another(engine);
  const found = await requireRig(engine.docker, engine.paths, 'c');
  await createSnapshot(found, { name: 's', kind: 'snapshot' }, stepsOf(deps), deps);
  await removeRig('c', another(engine));
  const [only = ''] = await bench.fill();
  await bench.run('c');
  t.is(await idOf(bench, 'c'), 'c');
  t.deepEqual(await bench.members(), [`${only} pooled`]);
});

for (const taken of [true, false]) {
  test(`a cluster that was half renamed when its taker was killed ${taken ? 'is taken first' : 'makes way'}`, async (t) => {
    const bench = await makePool(t, 2);
    const { engine } = bench;
    const [, second = ''] = await bench.fill();
    const half = await requireRig(engine.docker, engine.paths, second);
    const node = half.containers.find(({ name }) => name.endsWith('node01'))?.id ?? '';
    await engine.docker.containers.rename(node, 'c-node01');
    t.is((await bench.members()).length, 2, 'it is still of the pool');
    await bench.run('c', taken ? {} : { pool: undefined });
    t.is(await idOf(bench, 'c'), taken ? second : 'c');
    t.is((await bench.members()).length, 1);
    t.deepEqual(await bench.others(), ['c running']);
  });
}

for (const goesOn of [false, true]) {
  test(`what a killed command has taken is finished by the next run, ${goesOn ? 'also when it went on' : 'where it stands'}`, async (t) => {
    const bench = await makePool(t, 1);
    const { engine } = bench;
    const { docker, paths } = engine;
    const [only = ''] = await bench.fill();
    const found = await requireRig(docker, paths, only);
    await giveName(found, 'c', found.containers, another(engine));
    t.is(phaseOf(await requireRig(docker, paths, 'c')), 'paused');
    if (goesOn) await resumeRig(await requireRig(docker, paths, 'c'), another(engine));
    t.is((await bench.run('c')).started, !goesOn);
    t.is(await idOf(bench, 'c'), only);
    t.deepEqual(await bench.others(), ['c running']);
    t.is((await readState(paths, 'c'))?.pooled, undefined);
  });
}

test('a start that is interrupted while it takes one leaves nothing of it', async (t) => {
  const bench = await makePool(t, 1);
  const { engine } = bench;
  await bench.fill();
  const stop = new AbortController();
  engine.docker.before = (method) => {
    if (method === 'containers.rename') stop.abort(new Error('Ctrl-C'));
  };
  const deps = another(engine, { signal: stop.signal });
  await t.throwsAsync(bench.run('c', {}, deps), { message: 'Ctrl-C' });
  t.deepEqual(await bench.others(), []);
  t.deepEqual(await bench.members(), []);
  t.deepEqual([...engine.docker.containerStore.values()].map(({ info }) => info.name).sort(), []);
});

test('whenever a command that takes one is killed, the next one of that name is Ready, and nothing is lost', async (t) => {
  for (let n = 0; ; n += 1) {
    const bench = await makePool(t, 1);
    const { engine } = bench;
    const { docker, paths } = engine;
    const [only = ''] = await bench.fill();
    let left = n;
    docker.before = () => {
      left -= 1;
      if (left < 0) throw new Error('killed');
    };
    await bench.run('c').catch(() => undefined);
    docker.before = () => undefined;
    const at = `killed at request ${n}`;
    await bench.run('c');
    t.is(await idOf(bench, 'c'), only, at);
    t.deepEqual(await bench.others(), ['c running'], at);
    t.deepEqual(await bench.members(), [], at);
    t.is((await findRig(docker, paths, 'c'))?.containers.length, 3, at);
    t.is(requireState(await requireRig(docker, paths, 'c')).pooled, undefined, at);
    if (left >= 0) break;
  }
});
