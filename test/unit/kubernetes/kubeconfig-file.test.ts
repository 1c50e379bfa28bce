import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { parse } from 'yaml';
import {
  forgetInFiles,
  kubeconfigFiles,
  mergeIntoFiles,
  renameInFiles,
} from '../../../gocli-ts/src/kubernetes/kubeconfig-file.ts';
import type { GocliEvent } from '../../../gocli-ts/src/events/events.ts';
import { renderKubeconfig } from '../../../gocli-ts/src/kubernetes/kubeconfig.ts';
import { systemClock } from '../../../gocli-ts/src/shared/clock.ts';
import { FakeClock } from '../../fakes/clock.ts';

const run = promisify(execFile);

function kubeconfig(name: string, server = 'https://127.0.0.1:40001'): string {
  return renderKubeconfig(name, { server, ca: 'ca', cert: 'cert', key: 'key' });
}

async function folder(t: { teardown(work: () => Promise<void>): void }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gocli-kubeconfig-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

const deps = { clock: systemClock, signal: new AbortController().signal };

function merge(files: readonly string[], name: string): Promise<string> {
  return mergeIntoFiles(files, kubeconfig(name), name, deps);
}

/** Forgets a cluster and returns the warnings. */
async function forget(files: readonly string[], name: string, written?: string): Promise<string[]> {
  const events: GocliEvent[] = [];
  await forgetInFiles(files, name, written, { ...deps, emit: (event) => events.push(event) });
  return events.map((event) => (event.type === 'notice' && event.level === 'warning' ? event.text : ''));
}

/** A stand-in for /dev/null, since a defect would replace it for the whole machine when it is root who tests. */
async function nullDevice(path: string): Promise<string> {
  if (process.getuid?.() !== 0) return '/dev/null';
  const device = join(path, 'null');
  await run('mknod', [device, 'c', '1', '3']);
  return device;
}

interface Kubeconfig {
  readonly contexts?: { name: string }[];
  readonly clusters?: { name: string }[];
  readonly 'current-context'?: string;
}

async function read(file: string): Promise<Kubeconfig> {
  return parse(await readFile(file, 'utf8')) as Kubeconfig;
}

async function contexts(file: string): Promise<string[]> {
  return ((await read(file)).contexts ?? []).map(({ name }) => name).sort();
}

async function mode(file: string): Promise<number> {
  return (await stat(file)).mode & 0o777;
}

test('nothing is merged into relative paths of a folder that was removed', (t) => {
  t.deepEqual(kubeconfigFiles({ KUBECONFIG: 'a:/b', HOME: '/h' }, ''), ['/b']);
});

test('the files are those that kubectl reads', (t) => {
  const files = (KUBECONFIG: string | undefined, HOME?: string): string[] =>
    kubeconfigFiles({ KUBECONFIG, HOME }, '/here');
  t.deepEqual(files(':/a/config:/b::/a/config:', '/home/me'), ['/a/config', '/b']);
  t.deepEqual(files('', '/home/me'), ['/home/me/.kube/config']);
  t.deepEqual(files(undefined, '/home/me'), ['/home/me/.kube/config']);
  t.deepEqual(files('sub/config:~/config', '/home/me'), ['/here/sub/config', '/here/~/config']);
  t.deepEqual(files(':', '/home/me'), [], 'kubectl does not fall back either');
  t.deepEqual(files(undefined), []);
});

test('without a file to write to the variable is named', async (t) => {
  const error = await t.throwsAsync(merge([], 'one'), { code: 'BAD_VALUE' });
  t.regex(error.message, /KUBECONFIG/);
});

test('of a list the first file that exists is written, else the last', async (t) => {
  const path = await folder(t);
  const [a, b, c] = [join(path, 'a'), join(path, 'b'), join(path, 'c')];
  t.is(await merge([a, b, c], 'one'), c);
  await writeFile(b, '');
  t.is(await merge([a, b, c], 'two'), b);
  t.deepEqual((await readdir(path)).sort(), ['b', 'c']);
});

test('an entry is replaced in the file that has it, wherever the current context goes', async (t) => {
  const path = await folder(t);
  const [a, b] = [join(path, 'a'), join(path, 'b')];
  await merge([b], 'one');
  await writeFile(a, '');
  t.is(await merge([a, b], 'one'), a);
  t.deepEqual(await contexts(a), []);
  t.deepEqual(await contexts(b), ['one']);
  t.is((await read(a))['current-context'], 'one');
});

test('removing looks through the whole list and unsets the current context where it is', async (t) => {
  const path = await folder(t);
  const [a, b, c] = [join(path, 'a'), join(path, 'b'), join(path, 'c')];
  await merge([b], 'one');
  await writeFile(a, 'current-context: one\n');
  await merge([c], 'two');
  t.deepEqual(await forget([a, b, c, join(path, 'missing', 'file')], 'one'), []);
  t.is((await read(a))['current-context'], '');
  t.deepEqual(await contexts(b), []);
  t.deepEqual(await contexts(c), ['two']);
  t.deepEqual((await readdir(path)).sort(), ['a', 'b', 'c']);
});

test('a renamed cluster is renamed in the whole list, and what cannot be is said with what to type', async (t) => {
  const dir = await folder(t);
  const [a, b, damaged] = [join(dir, 'a'), join(dir, 'b'), join(dir, 'damaged')];
  await writeFile(a, 'apiVersion: v1\n');
  await merge([b], 'one');
  await merge([a, b], 'one');
  await writeFile(damaged, 'one: [');
  const events: GocliEvent[] = [];
  const renamed = { from: 'one', to: 'two', before: kubeconfig('one') };
  const telling = { ...deps, emit: (event: GocliEvent) => events.push(event) };
  t.false(await renameInFiles([a, damaged, b], renamed, telling), 'something may be left');
  t.like(parse(await readFile(a, 'utf8')), { 'current-context': 'two' });
  t.like(parse(await readFile(b, 'utf8')), { contexts: [{ name: 'two' }] });
  t.notRegex(await readFile(b, 'utf8'), /one/);
  const told = events.map((event) => (event.type === 'notice' ? event.text : '')).join();
  t.regex(told, /damaged.*gocli rename one two/);
  t.is(events.length, 1);
  await writeFile(damaged, kubeconfig('one'));
  t.true(await renameInFiles([a, damaged, b], renamed, telling));
  t.notRegex(await readFile(damaged, 'utf8'), /one/);
});

test('a context of another owner stays, and stays the current one', async (t) => {
  const path = await folder(t);
  const [a, b] = [join(path, 'a'), join(path, 'b')];
  const theirs = `# minikube's\n${kubeconfig('minikube', 'https://127.0.0.1:32771')}`;
  await writeFile(a, theirs);
  t.deepEqual(await forget([a], 'minikube', kubeconfig('minikube')), []);
  await merge([b], 'minikube');
  t.deepEqual(await forget([a, b], 'minikube'), []);
  t.is(await readFile(a, 'utf8'), theirs);
  t.deepEqual(await contexts(b), []);
  await t.throwsAsync(merge([a, b], 'minikube'), { code: 'CONFLICT', message: new RegExp(a) });
});

test('what an earlier version merged, without marks, is removed by the kubeconfig of the cluster', async (t) => {
  const file = join(await folder(t), 'config');
  await writeFile(file, kubeconfig('one'));
  t.deepEqual(await forget([file], 'one', kubeconfig('one')), []);
  t.deepEqual(await contexts(file), []);
});

test('a new file is made, for its owner alone, and no lock is left', async (t) => {
  const file = join(await folder(t), 'new', 'config');
  await merge([file], 'one');
  t.deepEqual(await contexts(file), ['one']);
  t.is(await mode(file), 0o600);
  t.deepEqual(await readdir(join(file, '..')), ['config']);
});

test('a file that others may read becomes private with a key in it; a removal leaves it as it is', async (t) => {
  const file = join(await folder(t), 'config');
  await writeFile(file, 'apiVersion: v1\n');
  await chmod(file, 0o644);
  await merge([file], 'one');
  t.is(await mode(file), 0o600);
  await chmod(file, 0o640);
  await forget([file], 'one');
  t.is(await mode(file), 0o640);
});

test('merges side by side all arrive', async (t) => {
  const file = join(await folder(t), 'config');
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  await Promise.all(names.map((name) => merge([file], name)));
  t.deepEqual(await contexts(file), names);
});

test('symbolic links stay, also chains, and links to what is not there yet', async (t) => {
  const path = await folder(t);
  await mkdir(join(path, 'far', 'dotfiles'), { recursive: true });
  await symlink('far/dotfiles', join(path, 'alias'));
  await symlink(join(path, 'alias', 'first'), join(path, 'config'));
  await symlink('../new/second', join(path, 'far', 'dotfiles', 'first'));
  for (const name of ['one', 'two']) await merge([join(path, 'config')], name);
  for (const one of ['config', 'far/dotfiles/first'])
    t.true((await lstat(join(path, one))).isSymbolicLink(), one);
  t.deepEqual(await contexts(join(path, 'far', 'new', 'second')), ['one', 'two']);
  t.is(await mode(join(path, 'far', 'new', 'second')), 0o600);
  await symlink('far/gone/kube', join(path, '.kube'));
  await merge([join(path, '.kube', 'config')], 'three');
  t.deepEqual(await contexts(join(path, 'far', 'gone', 'kube', 'config')), ['three']);
});

test('links that lead in a circle are named', async (t) => {
  const path = await folder(t);
  await symlink('b', join(path, 'a'));
  await symlink('a', join(path, 'b'));
  const error = await t.throwsAsync(merge([join(path, 'a')], 'one'), { code: 'FILE' });
  t.true(error.message.includes(join(path, 'a')));
  t.deepEqual(await forget([join(path, 'a')], 'one'), []);
});

test('a file with several names stays one file', async (t) => {
  const path = await folder(t);
  const [file, other] = [join(path, 'config'), join(path, 'other')];
  await writeFile(file, `${'#'.repeat(10_000)}\n`);
  await link(file, other);
  await merge([file], 'one');
  t.deepEqual(await contexts(other), ['one']);
  await forget([file], 'one');
  t.is(await readFile(other, 'utf8'), await readFile(file, 'utf8'));
  t.deepEqual((await readdir(path)).sort(), ['config', 'other']);
});

test('a file stays that of its owner', async (t) => {
  const file = join(await folder(t), 'config');
  await writeFile(file, '');
  const owner = process.getuid?.() === 0 ? 1234 : (process.getuid?.() ?? 0);
  await chown(file, owner, (await stat(file)).gid);
  await merge([file], 'one');
  t.is((await stat(file)).uid, owner);
});

test('what is no file is named and left alone', async (t) => {
  const path = await folder(t);
  const [dir, pipe, socket] = [join(path, 'dir'), join(path, 'pipe'), join(path, 'socket')];
  await mkdir(dir);
  await run('mkfifo', [pipe]);
  const server = createServer().listen(socket);
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const device = await nullDevice(path);
  const names = await readdir(path);
  for (const odd of [dir, pipe, socket, device]) {
    const { ino } = await stat(odd);
    const error = await t.throwsAsync(merge([odd], 'one'), { code: 'BAD_FILE' }, odd);
    t.true(error.message.startsWith(`${odd} is `), error.message);
    t.deepEqual(await forget([odd], 'one'), []);
    t.is((await stat(odd)).ino, ino);
  }
  t.deepEqual(await readdir(path), names);
});

test('the null device in a list is an empty kubeconfig', async (t) => {
  const path = await folder(t);
  const file = join(path, 'config');
  const device = await nullDevice(path);
  await writeFile(file, '');
  t.is(await merge([file, device], 'one'), file);
  t.deepEqual(await forget([file, device], 'one'), []);
  t.deepEqual(await contexts(file), []);
});

test('a damaged file is named and left as it is', async (t) => {
  const file = join(await folder(t), 'config');
  for (const damaged of ['a: [one', Buffer.from([0x6f, 0x6e, 0x65, 0xff]), '\tone: 1\n']) {
    await writeFile(file, damaged);
    const error = await t.throwsAsync(merge([file], 'one'), { code: 'BAD_FILE' });
    t.true(error.message.startsWith(file), error.message);
    t.deepEqual(await readFile(file), Buffer.from(damaged));
  }
});

test('an error does not show what is in the file', async (t) => {
  const file = join(await folder(t), 'config');
  await writeFile(file, 'users:\n- user: {client-key-data: c2VjcmV0\n');
  const error = await t.throwsAsync(merge([file], 'one'), { code: 'BAD_FILE' });
  t.regex(error.message, /line \d/);
  t.notRegex(error.message, /c2VjcmV0/);
});

test('a removal goes on past what cannot be read, and says how to mend it', async (t) => {
  const path = await folder(t);
  const [damaged, file] = [join(path, 'damaged'), join(path, 'config')];
  await writeFile(damaged, 'one: [');
  await merge([file], 'one');
  const [warning = '', ...further] = await forget([damaged, file], 'one');
  t.deepEqual(further, []);
  t.true(warning.includes(damaged), warning);
  t.regex(warning, /type: gocli rm --name one$/);
  t.deepEqual(await contexts(file), []);
});

test('a kubeconfig without the name is none of our business', async (t) => {
  const file = join(await folder(t), 'config');
  await writeFile(file, 'a: [');
  t.deepEqual(await forget([file], 'one'), []);
});

test('a lock that kubectl holds is waited for, and no longer than it takes', async (t) => {
  const file = join(await folder(t), 'config');
  await writeFile(`${file}.lock`, '');
  const merged = merge([file], 'one');
  await systemClock.sleep(150);
  t.is(await stat(file).catch(() => undefined), undefined);
  await rm(`${file}.lock`);
  await merged;
  t.deepEqual(await contexts(file), ['one']);
});

test('a lock that was left behind is not taken over: its path is named', async (t) => {
  const file = join(await folder(t), 'config');
  await merge([file], 'one');
  await writeFile(`${file}.lock`, '');
  await utimes(`${file}.lock`, new Date(2020, 1), new Date(2020, 1));
  const error = await t.throwsAsync(merge([file], 'one'), { code: 'LOCKED' });
  t.regex(error.message, /since 2020-/);
  const [warning = ''] = await forget([file], 'one');
  t.true(warning.includes(`rm -f ${file}.lock, then type: gocli rm --name one`), warning);
  t.deepEqual(await contexts(file), ['one']);
});

test('a lock that is held on and on is given up after some seconds', async (t) => {
  const file = join(await folder(t), 'config');
  await writeFile(`${file}.lock`, '');
  const clock = new FakeClock(Date.now());
  await t.throwsAsync(mergeIntoFiles([file], kubeconfig('one'), 'one', { ...deps, clock }), {
    code: 'LOCKED',
  });
  t.true(clock.monotonic() >= 5000 && clock.monotonic() < 60_000);
});

test('removing again finds nothing and changes nothing', async (t) => {
  const file = join(await folder(t), 'config');
  await merge([file], 'one');
  await merge([file], 'two');
  await forget([file], 'one');
  const { mtimeMs } = await stat(file);
  await forget([file], 'one');
  t.is((await stat(file)).mtimeMs, mtimeMs);
  t.deepEqual(await contexts(file), ['two']);
});
