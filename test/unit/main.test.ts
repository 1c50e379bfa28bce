import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { renderKubeconfig } from '../../gocli-ts/src/kubernetes/kubeconfig.ts';
import { writeSecret, writeState } from '../../gocli-ts/src/rig/state.ts';
import { CHECKOUT, command, type CliResult } from '../helpers/cli.ts';
import { clusterState } from '../helpers/engine.ts';

const GOCLI = join(CHECKOUT, 'gocli-ts', 'bin', 'gocli.js');

/** Runs a script of bash in which `gocli` is the built command line; the exit code is that of the first of a pipe. */
function bash(script: string): Promise<CliResult> {
  const gocli = `gocli() { "${process.execPath}" "${GOCLI}" "$@"; }`;
  return command(['bash', '-c', `${gocli}; ${script}; exit "\${PIPESTATUS[0]}"`]);
}

test('a result that cannot be written is a failure that is said', async (t) => {
  for (const argv of ['version', 'completion bash', '--help', 'ls --help']) {
    const { exitCode, stderr } = await bash(`gocli ${argv} >/dev/full`);
    t.is(exitCode, 1, argv);
    t.regex(stderr, /could not be written.*GOCLI-E405[\s\S]*ENOSPC/);
    t.notRegex(stderr, /^\s+at /m);
  }
});

test('a reader that went away is no failure of what is done by then', async (t) => {
  for (const reader of ['true', 'head -c 1 >/dev/null']) {
    const { exitCode, stderr } = await bash(`gocli completion bash | ${reader}`);
    t.is(exitCode, 0, stderr);
    t.is(stderr, '');
  }
});

test('an error keeps its exit code when nobody can read it', async (t) => {
  t.is((await bash('gocli rnu 2>/dev/full')).exitCode, 2);
  t.is((await bash('gocli rnu 2>&1 | true')).exitCode, 2);
  t.is((await bash('gocli rnu >/dev/full')).exitCode, 2);
});

/**
 * The environment of a gocli with a daemon that has no containers, and a started cluster whose kubectl is a script.
 * @param setUp what the script does before it says that it runs, as setting a trap
 */
async function clusterWith(
  t: ExecutionContext,
  kubectl: string,
  setUp = '',
): Promise<{ env: Record<string, string>; pid: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-main-'));
  const socket = join(folder, 'docker.sock');
  const server = createServer((request, response) => {
    const none = request.url?.includes('/volumes') === true ? '{"Volumes":null}' : '[]';
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(none);
  }).listen(socket);
  await once(server, 'listening');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const paths = { state: join(folder, 'state', 'gocli'), cache: join(folder, 'cache', 'gocli') };
  const pid = join(folder, 'pid');
  const state = clusterState();
  await writeState(paths, state);
  const program = join(paths.cache, 'kubectl', state.plan.host.imageId.replace('sha256:', ''), 'kubectl');
  await mkdir(join(program, '..'), { recursive: true });
  await writeFile(
    program,
    `#!/bin/sh\n${setUp}\necho $$ > ${pid}.part && mv ${pid}.part ${pid}\n${kubectl}\n`,
    {
      mode: 0o755,
    },
  );
  const env = {
    ...(process.env as Record<string, string>),
    DOCKER_HOST: `unix://${socket}`,
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CACHE_HOME: join(folder, 'cache'),
  };
  return { env, pid };
}

/** How a gocli ends, listened for from its start: one that has ended says it no more. */
type Exit = Promise<[code: number | null, signal: NodeJS.Signals | null]>;

/** Starts gocli in a session of its own: on a terminal Ctrl-C would otherwise be the matter of the program it starts. */
function attached(
  argv: readonly string[],
  env: Record<string, string>,
): { child: ChildProcess; exit: Exit; stderr: Promise<string> } {
  const child = spawn(process.execPath, [GOCLI, ...argv], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  return { child, exit: once(child, 'exit') as Exit, stderr: text(child.stderr) };
}

async function waitForPid(file: string, exit: Exit): Promise<number> {
  let ended = '';
  void exit.then((how) => (ended = how.join(' ')));
  for (;;) {
    const content = await readFile(file, 'utf8').catch(() => '');
    if (content !== '') return Number(content);
    if (ended !== '') throw new Error(`gocli ended (${ended}) before the program ran`);
    await delay(20);
  }
}

async function isAlive(pid: number): Promise<boolean> {
  // One that nobody has waited for yet is dead all the same.
  const state = await readFile(`/proc/${pid.toFixed(0)}/stat`, 'utf8').catch(() => ' ) Z');
  return !/\) [ZX]/.test(state);
}

test('what is attached hands on its exit code', async (t) => {
  const { env } = await clusterWith(t, 'exit 7');
  const child = spawn(process.execPath, [GOCLI, 'kubectl', 'get', 'pods'], { env, stdio: 'ignore' });
  t.deepEqual(await once(child, 'exit'), [7, null]);
});

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`the first ${signal} ends a program that is attached, and gocli with ${exitCode}`, async (t) => {
    const { env, pid } = await clusterWith(t, 'exec sleep 60');
    const { child, exit, stderr } = attached(['kubectl', 'port-forward'], env);
    const program = await waitForPid(pid, exit);
    child.kill(signal);
    t.deepEqual(await exit, [exitCode, null]);
    t.false(await isAlive(program));
    t.regex(await stderr, new RegExp(`interrupted by ${signal}.*GOCLI-E700`));
  });
}

test('the second signal ends gocli at once, and the program that is attached with it', async (t) => {
  const { env, pid } = await clusterWith(t, 'while :; do sleep 0.05; done', 'trap "" TERM');
  const { child, exit, stderr } = attached(['kubectl', 'x'], env);
  const program = await waitForPid(pid, exit);
  // timeout(1) signals its child, and at once its group with it.
  child.kill('SIGTERM');
  await delay(20);
  child.kill('SIGTERM');
  await delay(400);
  t.deepEqual([child.exitCode, child.signalCode], [null, null]);
  // A terminal that is closed may say so several times; that is not impatience.
  child.kill('SIGHUP');
  await delay(300);
  t.deepEqual([child.exitCode, child.signalCode], [null, null]);
  child.kill('SIGTERM');
  t.deepEqual(await exit, [143, null]);
  t.regex(await stderr, /Ended at once by a second SIGTERM/);
  // Killed with gocli, but not waited for by it.
  await delay(200);
  t.false(await isAlive(program));
});

/** The built command line, with a daemon that has nothing; it has to end by itself. */
async function ending(
  t: ExecutionContext,
  argv: readonly string[],
  changed: NodeJS.ProcessEnv,
): Promise<{ exitCode: number | null; stderr: string }> {
  const { env } = await clusterWith(t, 'exit 0');
  const paths = { state: join(env['XDG_STATE_HOME'] ?? '', 'gocli'), cache: '' };
  await writeSecret(paths, 'c', 'kubeconfig', KUBECONFIG);
  const child = spawn(process.execPath, [GOCLI, ...argv], {
    env: { ...env, ...changed },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stderr = text(child.stderr);
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  return { exitCode, stderr: await stderr };
}

const KUBECONFIG = renderKubeconfig('c', {
  server: 'https://127.0.0.1:1',
  ca: 'ca',
  cert: 'cert',
  key: 'key',
});

for (const [what, argv, env, exitCode, words] of [
  ['KUBECONFIG below /proc', ['kubeconfig', '--merge'], { KUBECONFIG: '/proc/x/y' }, 3, /E207/],
  ['a cache below /proc', ['kubectl', 'x'], { XDG_CACHE_HOME: '/proc/x/y' }, 4, /E300/],
  ['a state folder that is a file', ['ls'], { XDG_STATE_HOME: '/etc/passwd' }, 3, /\/etc\/passwd.*E207/],
  ['a relative HOME', ['ls'], { XDG_STATE_HOME: '', HOME: 'me' }, 2, /HOME: "me".*E101/],
] as const) {
  test(`${what} is an error with what to do, and no defect`, async (t) => {
    const ended = await ending(t, argv, env);
    t.is(ended.exitCode, exitCode, ended.stderr);
    t.regex(ended.stderr, words);
    t.regex(ended.stderr, /What to do: /);
    t.notRegex(ended.stderr, /E900|^\s+at /m);
  });
}

test('without a home folder gocli says what it can', async (t) => {
  const ended = await ending(t, ['version'], { XDG_STATE_HOME: '', XDG_CACHE_HOME: '', HOME: 'me' });
  t.is(ended.exitCode, 0, ended.stderr);
});

test('in a folder that was removed all works that needs no folder; the rest says what to do', async (t) => {
  const { env } = await clusterWith(t, 'exit 0');
  const script = 'folder=$(mktemp -d); cd "$folder"; rmdir "$folder"; exec "$@"';
  const gone = async (...argv: string[]): Promise<CliResult> =>
    command(['bash', '-c', script, 'bash', process.execPath, GOCLI, ...argv], { env });
  for (const argv of [['--help'], ['version'], ['ls'], ['completion', 'bash'], ['rm', 'x']]) {
    const { exitCode, stderr } = await gone(...argv);
    t.is(exitCode, 0, `${argv.join(' ')}\n${stderr}`);
    t.is(stderr, '');
  }
  for (const argv of [
    ['provision', 'x', '--dry-run'],
    ['kubectl', 'apply', '-f', 'x'],
  ]) {
    const { exitCode, stderr } = await gone(...argv);
    t.is(exitCode, 3, `${argv.join(' ')}\n${stderr}`);
    t.regex(stderr, /the folder that you stand in was removed \(GOCLI-E207\)\n {2}What to do: /);
  }
});
