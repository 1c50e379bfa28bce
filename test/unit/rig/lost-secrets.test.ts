import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { chooseStarted } from '../../../gocli-ts/src/api/choose.ts';
import { rigFolder } from '../../../gocli-ts/src/host/paths.ts';
import { readSecret, removeState } from '../../../gocli-ts/src/rig/state.ts';
import { makeSaving, start, stop, type Saving } from '../../helpers/saving.ts';

const lose = ({ engine }: Saving): Promise<void> => rm(join(rigFolder(engine.paths, 'c'), 'id_ed25519'));
const key = ({ engine }: Saving): Promise<string> => readSecret(engine.paths, 'c', 'id_ed25519');

test('a key that is lost in a state folder that is current comes back from the record', async (t) => {
  const saving = await makeSaving(t);
  const before = await key(saving);
  // Without a name, too: a list does not write.
  for (const name of ['c', undefined]) {
    await lose(saving);
    await chooseStarted({ name }, { ...saving.engine, env: {} });
    t.is(await key(saving), before);
  }
  await removeState(saving.engine.paths, 'c');
  await chooseStarted({}, { ...saving.engine, env: {} });
  t.is(await key(saving), before);
});

test('it is no reason to fail for a stop, nor for the start of a halted cluster', async (t) => {
  const saving = await makeSaving(t);
  const before = await key(saving);
  for (const id of saving.engine.docker.containerStore.keys()) saving.engine.docker.end(id, 137);
  await lose(saving);
  await start(saving, saving.run('later'));
  t.is(await key(saving), before);
  await lose(saving);
  await stop(saving);
  t.is(await saving.phase(), 'stopped');
});
