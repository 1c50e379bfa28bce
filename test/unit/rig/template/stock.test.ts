import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { collectGarbage, stock, markUsed } from '../../../../gocli-ts/src/rig/template/stock.ts';
import {
  listTemplates,
  publishTemplate,
  unpublishTemplate,
} from '../../../../gocli-ts/src/frozen/templates.ts';
import { rigFolder } from '../../../../gocli-ts/src/host/paths.ts';
import { writeState } from '../../../../gocli-ts/src/rig/state.ts';
import { addProvider, makeEngine, stateOf, VM_FACTS } from '../../../helpers/engine.ts';
import { DAY, manifestOf } from '../../frozen/frozen.ts';

test('what was thawed last is known as long as its template is there', async (t) => {
  const engine = await makeEngine(t);
  const imageId = addProvider(engine.docker, VM_FACTS).id;
  const createdAt = engine.clock.now() - DAY;
  for (const id of ['aaaaaaaaaaaa', 'bbbbbbbbbbbb']) {
    await publishTemplate(engine.docker, manifestOf({ id, imageId, createdAt }));
    await markUsed(engine, id);
  }
  const [used] = await stock(engine);
  t.is(Math.round(used?.lastUse ?? 0), engine.clock.now());

  const [first] = await listTemplates(engine.docker);
  if (first !== undefined) await unpublishTemplate(engine.docker, first);
  t.deepEqual(await collectGarbage(engine, 1e9), []);
  t.deepEqual(await readdir(join(engine.paths.state, 'templates')), ['bbbbbbbbbbbb.used']);
});

test('templates that nobody used for a month or whose image is gone go', async (t) => {
  const engine = await makeEngine(t);
  const imageId = addProvider(engine.docker, VM_FACTS).id;
  const now = engine.clock.now();
  for (const [id, changed] of [
    ['aaaaaaaaaaaa', { imageId, createdAt: now - 31 * DAY }],
    ['bbbbbbbbbbbb', { imageId, createdAt: now }],
    [
      'cccccccccccc',
      { imageId: addProvider(engine.docker, { ...VM_FACTS, name: 'gone' }).id, createdAt: now },
    ],
  ] as const)
    await publishTemplate(engine.docker, manifestOf({ id, ...changed }));
  await engine.docker.images.remove('gocli/gone:latest');
  const gone = await collectGarbage(engine, 1e9);
  t.deepEqual(gone.map(({ id }) => id).sort(), ['aaaaaaaaaaaa', 'cccccccccccc']);
  t.deepEqual(
    (await listTemplates(engine.docker)).map(({ id }) => id),
    ['bbbbbbbbbbbb'],
  );
});

test('what a killed process left half-written in the state folder goes with the garbage', async (t) => {
  const engine = await makeEngine(t);
  addProvider(engine.docker, VM_FACTS);
  await writeState(engine.paths, stateOf());
  const { state } = engine.paths;
  const long = new Date(engine.clock.now() - 2 * 3_600_000);
  for (const folder of [state, rigFolder(engine.paths, 'c')]) {
    const file = join(folder, 'x.json.0123abcd.tmp');
    await writeFile(file, '');
    await utimes(file, long, long);
  }
  await collectGarbage(engine, 1e9);
  t.deepEqual(await readdir(rigFolder(engine.paths, 'c')), ['cluster.json']);
  t.deepEqual((await readdir(state)).sort(), ['accelerator.json', 'clusters']);
});
