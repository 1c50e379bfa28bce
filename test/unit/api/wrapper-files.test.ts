import { spawn } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { parse } from 'yaml';
import { writeWrapperFiles } from '../../../gocli-ts/src/api/wrapper-files.ts';
import type { GocliEvent } from '../../../gocli-ts/src/events/events.ts';
import { writeSecret, writeState, type RigState } from '../../../gocli-ts/src/rig/state.ts';
import { renderKubeconfig } from '../../../gocli-ts/src/kubernetes/kubeconfig.ts';
import { makeConsole } from '../../helpers/console.ts';
import { clusterState } from '../../helpers/engine.ts';

const WRITTEN = ['.gitignore', '.kubeconfig', '.kubectl', 'config-provider-vm-1.sh'];

const STATE: RigState = clusterState();
const KUBECONFIG = renderKubeconfig('c', { server: 'https://127.0.0.1:1', ca: 'a', cert: 'b', key: 'c' });

/** A Ready cluster, whose kubectl is a program that waits. */
async function setUp(t: ExecutionContext): Promise<{
  folder: string;
  global: string;
  kubectl: string;
  write: (global?: string) => Promise<void>;
  warnings: () => string[];
  events: readonly GocliEvent[];
}> {
  const { engine, context } = await makeConsole(t);
  const { cache, state } = engine.paths;
  const kubectl = join(cache, 'kubectl', '1', 'kubectl');
  await mkdir(join(kubectl, '..'), { recursive: true });
  await copyFile('/bin/sleep', kubectl);
  await writeState(engine.paths, STATE);
  await writeSecret(engine.paths, 'c', 'kubeconfig', KUBECONFIG);
  const folder = join(state, '..', '_ci-configs', 'k8s-1.36');
  const session = {
    ...context,
    kinds: engine.kinds,
    emit: engine.emit,
    output: undefined,
    typed: (text: string) => text,
    run: 'run1',
  };
  return {
    folder,
    kubectl,
    global: join(state, '..', 'global'),
    write: (global) => writeWrapperFiles(folder, global, STATE, session),
    warnings: () => engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : [])),
    events: engine.events,
  };
}

test('kubeconfig and kubectl lie where scripts look for them', async (t) => {
  const { folder, write, warnings } = await setUp(t);
  await write();
  t.is(await readFile(join(folder, '.kubeconfig'), 'utf8'), KUBECONFIG);
  t.is((await stat(join(folder, '.kubeconfig'))).mode & 0o777, 0o600);
  t.is((await stat(join(folder, '.kubectl'))).mode & 0o777, 0o755);
  t.deepEqual(warnings(), []);
});

test('the configuration says to a shell where the cluster is and by which prefixes images go', async (t) => {
  const { folder, write } = await setUp(t);
  await write();
  const config = join(folder, 'config-provider-vm-1.sh');
  const script = `set -euo pipefail; source "$1"; printf '%s\\n' "$master_ip" "$kubeconfig" "$kubectl" "$docker_prefix" "$manifest_docker_prefix"`;
  const read = async (env: Record<string, string>): Promise<string[]> =>
    (await execa('bash', ['-c', script, 'bash', config], { env })).stdout.split('\n');
  const places = ['127.0.0.1', join(folder, '.kubeconfig'), join(folder, '.kubectl')];
  const registry = `localhost:${String(STATE.ports['5000/tcp'])}/kubevirt`;
  t.deepEqual(await read({}), [...places, registry, 'registry:5000/kubevirt']);
  t.deepEqual(await read({ DOCKER_PREFIX: 'quay.io/me' }), [...places, 'quay.io/me', 'quay.io/me']);
});

test('a kubectl that runs is replaced, and goes on', async (t) => {
  const { folder, write, warnings } = await setUp(t);
  await write();
  const { ino } = await stat(join(folder, '.kubectl'));
  const running = spawn(join(folder, '.kubectl'), ['60']);
  t.teardown(() => running.kill());
  await new Promise((resolve) => running.once('spawn', resolve));
  await write();
  t.deepEqual(warnings(), []);
  t.not((await stat(join(folder, '.kubectl'))).ino, ino);
  t.is(running.exitCode, null);
  t.deepEqual((await readdir(folder)).sort(), WRITTEN);
});

test('a link in the place of kubectl is replaced, not what it leads to', async (t) => {
  const { folder, global, write } = await setUp(t);
  await mkdir(folder, { recursive: true });
  await writeFile(global, 'theirs');
  await symlink(global, join(folder, '.kubectl'));
  await write();
  t.is(await readFile(global, 'utf8'), 'theirs');
});

test('what cannot be written is a warning with what to type, and the rest is written', async (t) => {
  const { folder, global, write, warnings, events } = await setUp(t);
  await mkdir(join(folder, '.kubeconfig', 'x'), { recursive: true });
  await mkdir(global);
  await write(global);
  const [first = '', second = '', ...further] = warnings();
  t.deepEqual(further, []);
  t.true(first.includes(`${join(folder, '.kubeconfig')} was not written`), first);
  t.true(second.includes(`${global} is a folder`), second);
  for (const event of events) t.like(event, { rig: 'c' });
  for (const text of [first, second])
    t.regex(text, /[^.]\)?\. When that is mended, give the same command again/);
  t.deepEqual((await readdir(folder)).sort(), WRITTEN);
});

test('who else works in the checkout can source what is there; no repository gets the key', async (t) => {
  const { folder, write } = await setUp(t);
  await write();
  const modes = await Promise.all(
    ['.', '..', '.kubeconfig', '.kubectl', 'config-provider-vm-1.sh'].map(
      async (name) => (await stat(join(folder, name))).mode & 0o777,
    ),
  );
  t.deepEqual(modes, [0o755, 0o755, 0o600, 0o755, 0o644]);
  t.is(await readFile(join(folder, '.gitignore'), 'utf8'), '*\n');
});

test('the global kubeconfig keeps what else is in it', async (t) => {
  const { global, write, warnings } = await setUp(t);
  await writeFile(global, 'clusters: [{name: work, cluster: {server: https://work}}]\n');
  for (let round = 0; round < 2; round += 1) await write(global);
  t.deepEqual(warnings(), []);
  t.like(parse(await readFile(global, 'utf8')), {
    clusters: [{ name: 'work' }, { name: 'c' }],
    'current-context': 'c',
  });
});
