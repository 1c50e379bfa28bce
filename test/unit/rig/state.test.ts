import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  proveWritable,
  readSecret,
  readState,
  removeState,
  stateNames,
  writeSecret,
  writeState,
} from '../../../gocli-ts/src/rig/state.ts';
import { rigFolder } from '../../../gocli-ts/src/host/paths.ts';
import { makeEngine, stateOf, unready } from '../../helpers/engine.ts';

test('what is written is read again, and leaves no other file', async (t) => {
  const { paths } = await makeEngine(t);
  const starting = unready(stateOf());
  for (const state of [starting, stateOf()]) {
    await writeState(paths, state);
    t.deepEqual(JSON.parse(JSON.stringify(await readState(paths, 'c'))), JSON.parse(JSON.stringify(state)));
  }
  t.deepEqual(await readdir(rigFolder(paths, 'c')), ['cluster.json']);
});

test('a cluster without state has none; a damaged one is an error with what to type', async (t) => {
  const { paths } = await makeEngine(t);
  t.is(await readState(paths, 'c'), undefined);
  const folder = rigFolder(paths, 'c');
  await mkdir(folder, { recursive: true });
  for (const text of [
    '',
    '{"format":1',
    '[]',
    '{"format":2}',
    JSON.stringify({ ...stateOf(), ports: { a: 'b' } }),
  ]) {
    await writeFile(join(folder, 'cluster.json'), text);
    const error = await t.throwsAsync(
      readState(paths, 'c'),
      { code: 'BAD_FILE', message: /cluster\.json/ },
      text,
    );
    t.like(error, { hint: 'Type: gocli rm --name c' });
  }
});

test('secrets are for their owner only, also when the file was there', async (t) => {
  const { paths } = await makeEngine(t);
  for (const secret of ['one', 'two']) {
    const path = await writeSecret(paths, 'c', 'id_ed25519', secret);
    t.is((await stat(path)).mode & 0o777, 0o600);
    t.is(await readSecret(paths, 'c', 'id_ed25519'), secret);
  }
  t.is((await stat(rigFolder(paths, 'c'))).mode & 0o777, 0o700);
  await t.throwsAsync(readSecret(paths, 'c', 'kubeconfig'), {
    code: 'NOT_FOUND',
    message: /no kubeconfig yet/,
  });
});

test('names are those of the folders; removing takes one and is no error twice', async (t) => {
  const { paths } = await makeEngine(t);
  t.deepEqual(await stateNames(paths), []);
  await writeState(paths, stateOf());
  await writeState(paths, stateOf({ name: 'd' }));
  t.deepEqual((await stateNames(paths)).sort(), ['c', 'd']);
  await removeState(paths, 'c');
  await removeState(paths, 'c');
  t.deepEqual(await stateNames(paths), ['d']);
});

test('a state folder is proven writable, and nothing stays of that', async (t) => {
  const { paths } = await makeEngine(t);
  await proveWritable(paths, 'c');
  t.deepEqual(await readdir(join(paths.state, 'clusters')), []);
  await writeState(paths, stateOf());
  await proveWritable(paths, 'c');
  t.deepEqual(await readdir(rigFolder(paths, 'c')), ['cluster.json']);
  await writeFile(rigFolder(paths, 'd'), '');
  for (const [where, name] of [
    [paths, 'd'],
    [{ ...paths, state: '/proc/gocli' }, 'c'],
  ] as const) {
    const error = await t.throwsAsync(proveWritable(where, name), { code: 'FILE' });
    t.true(error.message.startsWith(where.state), error.message);
    t.regex((error as unknown as { hint: string }).hint, /XDG_STATE_HOME/);
  }
});
