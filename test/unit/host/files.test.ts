import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  makeFolder,
  readIfThere,
  sweepTemporary,
  writeAtomic,
} from '../../../gocli-ts/src/host/atomic-files.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gocli-files-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('a folder is made with those above it; one that is there is fine', async (t) => {
  const path = await folder(t);
  const deep = join(path, 'a', 'b', 'c');
  await Promise.all([makeFolder(deep), makeFolder(join(path, 'a', 'b', 'd')), makeFolder(deep)]);
  await makeFolder(deep);
  await makeFolder('/');
  t.deepEqual((await readdir(join(path, 'a', 'b'))).sort(), ['c', 'd']);
  t.is((await stat(join(path, 'a'))).mode & 0o777, 0o700);
});

test('a folder below /proc ends with an error', async (t) => {
  await t.throwsAsync(makeFolder('/proc/gocli/state/clusters'), { code: 'FILE', message: /\/proc\/gocli/ });
  await t.throwsAsync(writeAtomic('/proc/gocli/x/y', ''), { code: 'FILE', message: /ENOENT/ });
});

test('a file in the way of a folder is named', async (t) => {
  const path = await folder(t);
  await writeFile(join(path, 'file'), '');
  await t.throwsAsync(makeFolder(join(path, 'file')), {
    code: 'FILE',
    message: /file cannot be created: .*EEXIST/,
  });
  await t.throwsAsync(makeFolder(join(path, 'file', 'a', 'b')), { code: 'FILE', message: /ENOTDIR/ });
});

test('what cannot be written leaves nothing half-written', async (t) => {
  const path = await folder(t);
  await mkdir(join(path, 'cluster.json'));
  await t.throwsAsync(writeAtomic(join(path, 'cluster.json'), 'x'), {
    code: 'FILE',
    message: `${join(path, 'cluster.json')} cannot be written: it is a folder, not a file (EISDIR)`,
  });
  t.deepEqual(await readdir(path), ['cluster.json']);
});

test('a process that ends at once leaves nothing half-written', async (t) => {
  const path = await folder(t);
  const files = new URL('../../../gocli-ts/src/host/atomic-files.js', import.meta.url).href;
  const script = `import { viaTemporary } from ${JSON.stringify(files)};
    import { writeFileSync } from 'node:fs';
    await viaTemporary(${JSON.stringify(join(path, 'file'))}, async (temporary) => {
      writeFileSync(temporary, 'half');
      process.exit(7);
    });`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  t.is(status, 7);
  t.deepEqual(await readdir(path), []);
});

test('what a killed process left half-written is swept once it is old, and nothing else', async (t) => {
  const path = await folder(t);
  const [old, young, other] = ['cluster.json.0123abcd.tmp', 'kubeconfig.89abcdef.tmp', 'mine.tmp'];
  const long = new Date(Date.now() - 2 * 3_600_000);
  for (const name of [old, young, other]) await writeFile(join(path, name), '');
  for (const name of [old, other]) await utimes(join(path, name), long, long);
  await sweepTemporary(path, Date.now());
  t.deepEqual((await readdir(path)).sort(), [young, other]);
  await sweepTemporary(join(path, 'absent'), Date.now());
});

test('a file is read if it is there; what is none is named, and a pipe that nobody writes to is empty', async (t) => {
  const path = await folder(t);
  await writeAtomic(join(path, 'file'), 'text', 0o600);
  t.is(await readIfThere(join(path, 'file')), 'text');
  t.is(await readFile(join(path, 'file'), 'utf8'), 'text');
  t.is(await readIfThere(join(path, 'absent')), undefined);
  await t.throwsAsync(readIfThere(path), { code: 'FILE', message: /cannot be read: it is a folder/ });
  execFileSync('mkfifo', [join(path, 'pipe')]);
  t.is(await readIfThere(join(path, 'pipe')), '');
});
