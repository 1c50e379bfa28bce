import test from 'ava';
import { requireRig } from '../../../../gocli-ts/src/rig/find.ts';
import { memberName } from '../../../../gocli-ts/src/rig/names.ts';
import { readPools, removePool, writePool } from '../../../../gocli-ts/src/rig/pool/pools.ts';
import { sayStarting } from '../../../../gocli-ts/src/rig/pool/turns.ts';
import { up } from '../../../../gocli-ts/src/rig/up.ts';
import { another, makePool, type PoolBench } from '../../../helpers/pool.ts';

const names = async (bench: PoolBench): Promise<string[]> =>
  (await bench.members()).map((line) => line.split(' ')[0] ?? '').sort();

test('a pool is filled once, and again when one was taken', async (t) => {
  const bench = await makePool(t, 2);
  const made = await bench.fill();
  t.is(made.length, 2);
  t.deepEqual(await names(bench), [...made].sort());
  t.deepEqual(await bench.fill(), []);
  for (const name of made) {
    const { state, containers } = await requireRig(bench.engine.docker, bench.engine.paths, name);
    t.like(state, { paused: true, pooled: bench.pool.key });
    t.is(containers.length, 3);
  }
  t.is(bench.machines.running.size, 0, 'no processor runs');
  await bench.run('c');
  t.is((await bench.fill()).length, 1);
  t.is((await bench.members()).length, 2);
});

test('a smaller pool gives up the youngest', async (t) => {
  const bench = await makePool(t, 1);
  const [first = ''] = await bench.fill();
  bench.engine.clock.advance(1000);
  await writePool(bench.engine.paths, { ...bench.pool, size: 2 });
  t.is((await bench.fill()).length, 1);
  await writePool(bench.engine.paths, bench.pool);
  await bench.fill();
  t.deepEqual(await names(bench), [first]);
});

test('what is too old, of another version, or whose parts ended is replaced', async (t) => {
  const bench = await makePool(t, 1);
  const { clock, docker } = bench.engine;
  const [old = ''] = await bench.fill();
  clock.advance(25 * 3600 * 1000);
  const [second = ''] = await bench.fill();
  t.true(bench.notices().includes(`Cluster ${old} of the pool is removed: it is older than a day.`));
  t.deepEqual(await names(bench), [second]);
  const [third = ''] = await bench.fill({ version: '9.9.9' });
  t.deepEqual(await names(bench), [third]);
  const { containers } = await requireRig(docker, bench.engine.paths, third);
  for (const { id } of containers) docker.end(id, 137);
  const [fourth = ''] = await bench.fill({ version: '9.9.9' });
  t.deepEqual(await names(bench), [fourth]);
  t.is(docker.containerStore.size, 3);
});

test('a pool of another image replaces what was made of the one before', async (t) => {
  const bench = await makePool(t, 1);
  const [old = ''] = await bench.fill();
  await writePool(bench.engine.paths, { ...bench.pool, key: 'fedcba987654', former: [bench.pool.key] });
  const before = memberName('fedcba987654');
  await up(
    { ...bench.request('x', { pool: 'filling', template: 'none' }), values: { name: before } },
    another(bench.engine),
  );
  await bench.fill();
  const [pool] = await readPools(bench.engine.paths);
  t.like(pool, { key: bench.pool.key, former: [] });
  t.deepEqual(await names(bench), [old], 'it fits again');
});

test('whenever a fill is killed, the next one mends it: nothing is lost, doubled or left running', async (t) => {
  for (let n = 0; ; n += 1) {
    const bench = await makePool(t, 1);
    const { docker } = bench.engine;
    let left = n;
    docker.before = () => {
      left -= 1;
      if (left < 0) throw new Error('killed');
    };
    await bench.fill().catch(() => undefined);
    docker.before = () => undefined;
    await bench.fill();
    const at = `killed at request ${n}`;
    t.is((await bench.members()).length, 1, at);
    t.deepEqual(await bench.others(), [], at);
    t.is(docker.containerStore.size, 3, at);
    t.is(bench.machines.running.size, 0, at);
    await bench.run('c');
    t.deepEqual(await bench.members(), [], at);
    if (left >= 0) break;
  }
});

test('nothing is made beside a start, and what is being made is given up for one', async (t) => {
  const bench = await makePool(t, 1);
  const { docker, paths } = bench.engine;
  let turn: AsyncDisposable | undefined;
  let started = 0;
  docker.before = async (method, [spec]) => {
    if (method !== 'containers.create' || !JSON.stringify(spec).includes('-node01')) return;
    started += 1;
    if (started > 1) return;
    turn = await sayStarting(paths);
    // A start begins while the machines are made, and lasts until those are gone.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    setTimeout(() => void turn?.[Symbol.asyncDispose](), 600);
  };
  t.is((await bench.fill()).length, 1);
  t.is(started, 2);
  t.is((await bench.members()).length, 1);
  t.is(docker.containerStore.size, 3, 'what was given up is gone');
});

test('a pool that goes while one is made for it leaves nothing', async (t) => {
  const bench = await makePool(t, 1);
  const { docker, paths } = bench.engine;
  docker.before = async (method) => {
    if (method !== 'containers.start') return;
    await removePool(paths, bench.pool.id);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  };
  t.deepEqual(await bench.fill(), []);
  t.is(docker.containerStore.size, 0);
});

test('a start that fails ends the fill, and leaves nothing', async (t) => {
  const bench = await makePool(t, 2);
  const { docker } = bench.engine;
  docker.failNext('containers.start', new Error('no'));
  await t.throwsAsync(bench.fill(), { message: 'no' });
  t.is(docker.containerStore.size, 0);
  t.is((await bench.fill()).length, 2);
});
