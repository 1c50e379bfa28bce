import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { planRig } from '../../../../gocli-ts/src/rig/make-plan.ts';
import {
  lastTaken,
  markTaken,
  poolFolder,
  poolKey,
  readPools,
  removePool,
  writePool,
} from '../../../../gocli-ts/src/rig/pool/pools.ts';
import { isAnyStarting, sayStarting } from '../../../../gocli-ts/src/rig/pool/turns.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS } from '../../../helpers/engine.ts';

const POOL = {
  id: '0123456789ab',
  provider: 'vm-1',
  options: { memory: ['1G'] },
  size: 2,
  key: 'k',
  former: [],
};

test('pools are remembered until they are removed, with when one was last taken', async (t) => {
  const { paths, clock } = await makeEngine(t);
  t.deepEqual(await readPools(paths), []);
  await writePool(paths, POOL);
  await writePool(paths, { ...POOL, id: 'ba9876543210', size: 1 });
  t.like((await readPools(paths))[0], POOL);
  t.is((await readPools(paths)).length, 2);
  t.is(await lastTaken(paths, POOL.id), undefined);
  await markTaken(paths, POOL.id, clock);
  t.is(await lastTaken(paths, POOL.id), clock.now());
  await removePool(paths, POOL.id);
  t.is(await lastTaken(paths, POOL.id), undefined);
  t.is((await readPools(paths)).length, 1);
});

test('a damaged file is named', async (t) => {
  const { paths } = await makeEngine(t);
  await writePool(paths, POOL);
  await writeFile(join(poolFolder(paths), `${POOL.id}.json`), '{');
  await t.throwsAsync(readPools(paths), { code: 'BAD_FILE', message: /0123456789ab\.json is damaged/ });
});

test('plans have a pool in common when their guests can observe no difference', async (t) => {
  const engine = await makeEngine(t);
  const image = addProvider(engine.docker, VM_FACTS);
  const keyOf = (asked: Parameters<typeof requestFor>[1]): string =>
    poolKey(planRig(requestFor(image, asked), engine.kinds), engine.kinds);
  t.is(keyOf({}), keyOf({ name: 'other' }));
  t.is(keyOf({}), keyOf({ nodes: 1 }));
  const others = [keyOf({ nodes: 2 }), keyOf({ memory: '256M' }), keyOf({ cpu: 2 })];
  t.is(new Set([...others, keyOf({})]).size, 4);
});

test('a start is seen by others as long as it lasts and its process is there', async (t) => {
  const { paths } = await makeEngine(t);
  t.false(await isAnyStarting(paths));
  const turn = await sayStarting(paths);
  t.true(await isAnyStarting(paths));
  await turn[Symbol.asyncDispose]();
  t.false(await isAnyStarting(paths));
  // No process has a number beyond the kernel's greatest (PID_MAX_LIMIT).
  await sayStarting(paths);
  await writeFile(join(poolFolder(paths), 'starting', '4194305'), '');
  t.true(await isAnyStarting(paths));
});
