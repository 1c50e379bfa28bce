import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

test('a process that ends at once leaves no lock beside the file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const source = (name: string): string =>
    JSON.stringify(new URL(`../../../gocli-ts/src/${name}`, import.meta.url).href);
  const script = `import { changeUserFile } from ${source('host/user-file.js')};
    import { systemClock } from ${source('shared/clock.js')};
    import { readdirSync } from 'node:fs';
    const edit = () => process.exit(40 + readdirSync(${JSON.stringify(folder)}).length);
    const deps = { clock: systemClock, signal: new AbortController().signal };
    await changeUserFile(${JSON.stringify(join(folder, 'config'))}, edit, deps, true);`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  t.is(status, 41, stderr.toString());
  t.deepEqual(await readdir(folder), []);
});
