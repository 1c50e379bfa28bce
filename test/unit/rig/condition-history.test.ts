import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { conditionHistory } from '../../../gocli-ts/src/rig/condition-history.ts';
import { writeState } from '../../../gocli-ts/src/rig/state.ts';
import { rigFolder } from '../../../gocli-ts/src/host/paths.ts';
import { makeEngine, stateOf } from '../../helpers/engine.ts';

const now = Date.UTC(2030, 0, 1);
const met = { name: 'a', met: true, observed: 'ok' };
const unmet = { name: 'a', met: false, observed: 'gone' };

test('an answer keeps its time until it changes', async (t) => {
  const { paths } = await makeEngine(t);
  await writeState(paths, stateOf());
  const at = (seconds: number, condition: typeof met) =>
    conditionHistory(paths, 'c', [condition], now + seconds * 1000).then(([first]) => first?.since);
  t.is(await at(0, met), '2030-01-01T00:00:00.000Z');
  t.is(await at(5, met), '2030-01-01T00:00:00.000Z');
  t.is(await at(7, unmet), '2030-01-01T00:00:07.000Z');
  t.is(await at(9, { ...unmet, observed: 'still gone' }), '2030-01-01T00:00:07.000Z');
  t.is(await at(11, met), '2030-01-01T00:00:11.000Z');
});

test('a damaged record is begun anew; a cluster without a folder gets none', async (t) => {
  const { paths } = await makeEngine(t);
  t.deepEqual(await conditionHistory(paths, 'c', [met], now), [
    { ...met, since: '2030-01-01T00:00:00.000Z' },
  ]);
  await t.throwsAsync(readdir(rigFolder(paths, 'c')));
  await mkdir(rigFolder(paths, 'c'), { recursive: true });
  await writeFile(join(rigFolder(paths, 'c'), 'conditions.json'), '{"a":7');
  t.like((await conditionHistory(paths, 'c', [met], now))[0], { since: '2030-01-01T00:00:00.000Z' });
});
