import { chmod, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import {
  defaultKubeconfig,
  mergeIntoFile,
  unmergeFromFile,
} from '../../../gocli-ts/src/kubernetes/kubeconfig-file.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { renderKubeconfig } from '../../../gocli-ts/src/kubernetes/kubeconfig.ts';

function kubeconfig(name: string): string {
  return renderKubeconfig(name, { server: 'https://127.0.0.1:40001', ca: 'ca', cert: 'cert', key: 'key' });
}

async function folder(t: { teardown(work: () => Promise<void>): void }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gocli-kubeconfig-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function contexts(file: string): Promise<string[]> {
  const { contexts: found } = parse(await readFile(file, 'utf8')) as { contexts: { name: string }[] };
  return found.map(({ name }) => name).sort();
}

test('the file is the first of $KUBECONFIG, else ~/.kube/config', (t) => {
  t.is(defaultKubeconfig({ KUBECONFIG: ':/a/config:/b', HOME: '/home/me' }), '/a/config');
  t.is(defaultKubeconfig({ KUBECONFIG: '', HOME: '/home/me' }), '/home/me/.kube/config');
});

test('a new file is made, for its owner alone, and no lock is left', async (t) => {
  const file = join(await folder(t), 'new', 'config');
  await mergeIntoFile(file, kubeconfig('one'), 'one');
  t.deepEqual(await contexts(file), ['one']);
  t.is((await stat(file)).mode & 0o777, 0o600);
  await t.throwsAsync(stat(`${file}.lock`), { code: 'ENOENT' });
});

test('a file that others may read becomes private, since it holds a key now', async (t) => {
  const file = join(await folder(t), 'config');
  await writeFile(file, 'apiVersion: v1\n');
  await chmod(file, 0o644);
  await mergeIntoFile(file, kubeconfig('one'), 'one');
  t.is((await stat(file)).mode & 0o777, 0o600);
});

test('merges side by side all arrive', async (t) => {
  const file = join(await folder(t), 'config');
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  await Promise.all(names.map((name) => mergeIntoFile(file, kubeconfig(name), name)));
  t.deepEqual(await contexts(file), names);
});

test('a symbolic link stays one', async (t) => {
  const path = await folder(t);
  await mkdir(join(path, 'dotfiles'));
  const real = join(path, 'dotfiles', 'kubeconfig');
  await writeFile(real, '');
  await symlink(real, join(path, 'config'));
  await mergeIntoFile(join(path, 'config'), kubeconfig('one'), 'one');
  t.true((await lstat(join(path, 'config'))).isSymbolicLink());
  t.deepEqual(await contexts(real), ['one']);
});

test('a damaged file is named and left as it is', async (t) => {
  const file = join(await folder(t), 'config');
  await writeFile(file, 'a: [');
  const error = await t.throwsAsync(mergeIntoFile(file, kubeconfig('one'), 'one'), {
    instanceOf: GocliError,
  });
  t.is(error.code, 'BAD_FILE');
  t.true(error.message.startsWith(file));
  t.is(await readFile(file, 'utf8'), 'a: [');
});

test('removing says whether there was something; a missing file is fine', async (t) => {
  const path = await folder(t);
  const file = join(path, 'config');
  t.false(await unmergeFromFile(join(path, 'none', 'config'), 'one'));
  await mergeIntoFile(file, kubeconfig('one'), 'one');
  await mergeIntoFile(file, kubeconfig('two'), 'two');
  t.true(await unmergeFromFile(file, 'one'));
  t.false(await unmergeFromFile(file, 'one'));
  t.deepEqual(await contexts(file), ['two']);
});
