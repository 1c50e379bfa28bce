import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { inspectCloudInit } from '../../../../gocli-ts/src/provision/build-machine/cloud-init.ts';
import { readStatus } from '../../../../gocli-ts/src/vm/cloud-init.ts';
import { temporaryFolder } from '../_bench.ts';

// As cloud-init 25.1 writes it, shortened.
const status = (stage: object): string =>
  JSON.stringify({
    v1: {
      datasource: 'DataSourceNoCloud',
      'init-local': { errors: [], recoverable_errors: {}, start: 1, finished: 2 },
      'modules-final': { start: 3, finished: 4, ...stage },
      stage: null,
    },
  });

test('what cloud-init could not do is an error, what it did otherwise a warning', (t) => {
  t.deepEqual(readStatus(status({ errors: [], recoverable_errors: {} })), { errors: [], warnings: [] });
  t.deepEqual(
    readStatus(status({ errors: ['no package x'], recoverable_errors: { WARNING: ['old key'] } })),
    { errors: ['no package x'], warnings: ['old key'] },
  );
});

test('user-data that is none is found before anything is built', async (t) => {
  const folder = await temporaryFolder(t);
  t.deepEqual(await inspectCloudInit({ folder }), []);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'user-data');
  await writeFile(file, '#cloud-config\npackages: [git]\n');
  t.deepEqual(await inspectCloudInit({ folder }), []);
  await writeFile(file, 'packages: [git\n');
  const [head, yaml] = await inspectCloudInit({ folder });
  t.like(head, { file, line: 1, text: 'the first line has to be "#cloud-config"' });
  t.is(yaml?.file, file);
});
