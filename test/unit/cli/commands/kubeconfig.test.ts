import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { readState, writeSecret, writeState } from '../../../../gocli-ts/src/rig/state.ts';
import { renderKubeconfig } from '../../../../gocli-ts/src/kubernetes/kubeconfig.ts';
import { makeConsole, type Console } from '../../../helpers/console.ts';
import { clusterState } from '../../../helpers/engine.ts';

const ACCESS = { server: 'https://127.0.0.1:1', ca: 'ca', cert: 'cert', key: 'key' };

/** A cluster "c", and a user whose kubeconfig is `<home>/.kube/config`. */
async function withHome(t: ExecutionContext): Promise<{ console: Console; file: string }> {
  const probe = await makeConsole(t);
  const home = join(probe.engine.paths.state, '..', 'home');
  const console = await makeConsole(t, { HOME: home });
  await writeState(console.engine.paths, clusterState());
  await writeSecret(console.engine.paths, 'c', 'kubeconfig', renderKubeconfig('c', ACCESS));
  return { console, file: join(home, '.kube', 'config') };
}

test('what was merged goes with the cluster', async (t) => {
  const { console, file } = await withHome(t);
  t.like(await console.run('kubeconfig', '--merge'), { code: 0, stdout: `${file}\n` });
  t.like(parse(await readFile(file, 'utf8')), { 'current-context': 'c', contexts: [{ name: 'c' }] });
  t.like(await console.run('rm'), { code: 0, stdout: 'Removed cluster c.\n', stderr: '' });
  t.like(parse(await readFile(file, 'utf8')), {
    'current-context': '',
    contexts: [],
    clusters: [],
    users: [],
  });
});

test('a kubeconfig, and where it was merged, in the form that was asked for', async (t) => {
  const { console, file } = await withHome(t);
  const text = renderKubeconfig('c', ACCESS);
  const path = join(console.engine.paths.state, 'clusters', 'c', 'kubeconfig');
  t.like(await console.run('kubeconfig'), { stdout: text });
  t.like(await console.run('kubeconfig', '--path'), { stdout: `${path}\n` });
  for (const flags of [[], ['--path']]) {
    const { stdout } = await console.run('kubeconfig', '-o', 'json', ...flags);
    t.deepEqual(JSON.parse(stdout), { version: 1, name: 'c', path, text });
  }
  const merged = await console.run('kubeconfig', '--merge', '-o', 'json');
  t.deepEqual(JSON.parse(merged.stdout), { version: 1, file });
});

test('what to type once a kubeconfig is mended is called as gocli is called there', async (t) => {
  const { console, file } = await withHome(t);
  Object.assign(console.context.env, { GOCLI_COMMAND: 'cluster-up/cli.sh' });
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, 'contexts: [{name: c');
  t.regex((await console.run('rm')).stderr, /then type: cluster-up\/cli\.sh rm --name c/);
});

test('rm of a name that others use leaves their context', async (t) => {
  const { console, file } = await withHome(t);
  const theirs = renderKubeconfig('minikube', ACCESS);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, theirs);
  t.like(await console.run('rm', 'minikube'), { code: 0, stderr: '' });
  t.is(await readFile(file, 'utf8'), theirs);
});

test('no kubeconfig changes the outcome of rm', async (t) => {
  const folder = await withHome(t);
  await mkdir(folder.file, { recursive: true });
  t.like(await folder.console.run('rm'), { code: 0, stdout: 'Removed cluster c.\n' });
  t.true((await stat(folder.file)).isDirectory());

  const damaged = await withHome(t);
  await mkdir(join(damaged.file, '..'), { recursive: true });
  await writeFile(damaged.file, 'contexts: [{name: c');
  const { code, stdout, stderr } = await damaged.console.run('rm', '-q');
  t.is(code, 0);
  t.is(stdout, 'Removed cluster c.\n');
  t.true(stderr.startsWith(`Warning: ${damaged.file}: the kubeconfig is not YAML`), stderr);
  t.regex(stderr, /type: gocli rm --name c$/m);
  t.is(await readState(damaged.console.engine.paths, 'c'), undefined);
});

test('a kubeconfig that cannot be merged into is an error that names it', async (t) => {
  const { console, file } = await withHome(t);
  await mkdir(file, { recursive: true });
  const { code, stderr } = await console.run('kubeconfig', '--merge');
  t.is(code, 2);
  t.true(stderr.includes(`${file} is a folder, not a file`), stderr);
});
