import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import { Agent } from '../../gocli-ts/src/machine/agent.ts';
import { type CliResult, outputOf } from '../helpers/cli.ts';
import { meddle } from '../helpers/meddle.ts';
import { openSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

let sandbox: Sandbox;
let image: string;

test.before('a tiny provider image that no other file makes templates of', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker, { kernelArgs: ['gocli.test=snapshot'] });
});

test.after.always('nothing stays', async () => {
  const listed = await sandbox.cli('snapshot', 'ls', '-o', 'name');
  // Another run of these tests may have its own on the same daemon.
  const own = `it-${process.pid}-`;
  for (const name of listed.stdout.split('\n').filter((line) => line.startsWith(own)))
    await sandbox.cli('snapshot', 'rm', name);
  await sandbox.close();
});

function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
}

async function started(t: ExecutionContext, ...flags: string[]): Promise<string> {
  const name = sandbox.name();
  ended(t, 0, await sandbox.run(image, name, ...flags));
  return name;
}

async function inGuest<T>(
  name: string,
  work: (agent: Agent, signal: AbortSignal) => Promise<T>,
  node = 'node01',
): Promise<T> {
  const signal = AbortSignal.timeout(20_000);
  const [found] = await sandbox.docker.containers.list({ [LABEL.cluster]: name, [LABEL.node]: node });
  await using agent = await Agent.open(sandbox.docker, found?.id ?? '', node, signal);
  return await work(agent, signal);
}

/** Runs a shell script in a guest and waits for its end. */
async function shell(name: string, script: string, node = 'node01'): Promise<string> {
  return inGuest(
    name,
    async (agent, signal) => {
      const arg = ['-c', script];
      const options = { path: '/bin/sh', arg, 'capture-output': true };
      const { pid } = (await agent.execute('guest-exec', options, signal)) as { pid: number };
      for (;;) {
        const status = (await agent.execute('guest-exec-status', { pid }, signal)) as {
          exited: boolean;
          'out-data'?: string;
        };
        if (status.exited)
          return Buffer.from(status['out-data'] ?? '', 'base64')
            .toString('utf8')
            .trim();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    node,
  );
}

const write = (name: string, text: string): Promise<string> => shell(name, `echo ${text} >/run/note`);
const read = (name: string): Promise<string> => shell(name, 'cat /run/note');

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** Stores a blob in the registry of a cluster (OCI distribution, monolithic upload). */
async function push(name: string, text: string, known?: string): Promise<void> {
  const digest = digestOf(text);
  const base = known ?? (await registryOf(name));
  const opened = await fetch(`${base}/v2/t/blobs/uploads/`, { method: 'POST' });
  const location = new URL(opened.headers.get('location') ?? '', base);
  location.searchParams.set('digest', digest);
  const url = `${base}${location.pathname}${location.search}`;
  const stored = await fetch(url, {
    method: 'PUT',
    body: text,
    headers: { 'Content-Type': 'application/octet-stream' },
  });
  if (stored.status !== 201) throw new Error(`the registry answers ${stored.status}`);
}

async function has(name: string, text: string, known?: string): Promise<boolean> {
  const digest = digestOf(text);
  const answer = await fetch(`${known ?? (await registryOf(name))}/v2/t/blobs/${digest}`);
  return answer.status === 200;
}

async function registryOf(name: string): Promise<string> {
  const port = (await sandbox.cli('ports', 'registry', '--name', name)).stdout.trim();
  return `http://127.0.0.1:${port}`;
}

/** Folders with the files of snapshots, as the machine of a running cluster sees them. */
async function snapshotFolders(name: string): Promise<string[]> {
  const [node] = await sandbox.docker.containers.list({ [LABEL.cluster]: name, [LABEL.node]: 'node01' });
  const { stdout } = await sandbox.docker.containers.exec(node?.id ?? '', ['ls', '/data/snapshots']);
  return stdout.split('\n').filter((line) => line !== '');
}

const portsOf = async (name: string): Promise<string> =>
  (await sandbox.cli('ports', '--name', name, '-o', 'json')).stdout;

test.serial('a snapshot holds memory and registry as of one moment, and the cluster goes on', async (t) => {
  const name = await started(t);
  const snapshot = `${name}-before`;
  await write(name, 'before');
  await push(name, 'blob before');
  ended(t, 0, await sandbox.cli('snapshot', 'create', snapshot, '--name', name));
  t.is(await read(name), 'before', 'it runs on');
  await write(name, 'after');
  await push(name, 'blob after');
  const ports = await portsOf(name);
  ended(t, 5, await sandbox.cli('snapshot', 'create', snapshot, '--name', name));

  ended(t, 0, await sandbox.cli('snapshot', 'restore', snapshot));
  t.is(await read(name), 'before');
  t.deepEqual([await has(name, 'blob before'), await has(name, 'blob after')], [true, false]);
  t.is(await portsOf(name), ports, 'on the same ports');
  const now = await inGuest(name, (agent, signal) => agent.execute('guest-get-time', {}, signal));
  t.true(Math.abs(Number(now) / 1e6 - Date.now()) < 2000, 'the clock of the guest');

  const second = `${name}-second`;
  await write(name, 'second');
  const made = await sandbox.cli('snapshot', 'create', second, '--name', name, '-o', 'json');
  ended(t, 0, made);
  t.like(JSON.parse(made.stdout), { name: second, snapshot: second, cluster: name });
  ended(t, 0, await sandbox.cli('snapshot', 'restore', snapshot));
  t.is(await read(name), 'before');
  ended(t, 0, await sandbox.cli('snapshot', 'restore', second));
  t.is(await read(name), 'second', 'a snapshot of a restored cluster');
  t.is((await snapshotFolders(name)).length, 2);

  const removed = await sandbox.cli('rm', name);
  ended(t, 0, removed);
  t.true(removed.stdout.includes(snapshot), 'snapshots stay, and that is said');
  ended(t, 0, await sandbox.run(image, name));
  t.false(await has(name, 'blob before'), 'a new cluster of that name has nothing of the old one');
  ended(t, 0, await sandbox.cli('rm', name));
  ended(t, 0, await sandbox.cli('snapshot', 'restore', snapshot));
  t.is(await read(name), 'before', 'a removed cluster comes back');
  t.true(await has(name, 'blob before'));
  for (const one of [snapshot, second]) ended(t, 0, await sandbox.cli('snapshot', 'rm', one));
  ended(t, 4, await sandbox.cli('snapshot', 'show', snapshot));
  ended(t, 0, await sandbox.cli('rm', name));
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial(
  'pushes go on through a snapshot, and those that it holds are the first ones, whole',
  async (t) => {
    const name = await started(t);
    const snapshot = `${name}-pushes`;
    const base = await registryOf(name);
    const pushes: { readonly text: string; readonly begun: number; readonly done: number }[] = [];
    const over = new AbortController();
    const pushing = (async () => {
      for (let count = 0; !over.signal.aborted; count += 1) {
        const begun = Date.now();
        const text = `${count} `.repeat(20_000);
        await push(name, text, base);
        pushes.push({ text, begun, done: Date.now() });
      }
    })();
    await shell(name, 'sleep 0.5');
    const begun = Date.now();
    ended(t, 0, await sandbox.cli('snapshot', 'create', snapshot, '--name', name));
    const done = Date.now();
    await shell(name, 'sleep 0.5');
    over.abort();
    await pushing;

    ended(t, 0, await sandbox.cli('snapshot', 'restore', snapshot));
    const held = await Promise.all(pushes.map(({ text }) => has(name, text, base)));
    t.is(held.lastIndexOf(true), held.indexOf(false) - 1, 'none is missing between two that are there');
    for (const [at, one] of pushes.entries()) {
      if (one.done < begun) t.true(held[at], 'acknowledged before');
      if (one.begun > done) t.false(held[at], 'begun after');
    }
    t.true(pushes.some((one) => one.done < begun) && pushes.some((one) => one.begun > done));
    ended(t, 0, await sandbox.cli('rm', name));
    ended(t, 0, await sandbox.cli('snapshot', 'rm', snapshot));
  },
);

test.serial('new clusters begin at a snapshot, beside the old one and beside each other', async (t) => {
  const name = await started(t);
  const snapshot = `${name}-fork`;
  await write(name, 'origin');
  await push(name, 'blob origin');
  ended(t, 0, await sandbox.cli('snapshot', 'create', snapshot, '--name', name));
  const forks = [sandbox.name(), sandbox.name()];
  for (const fork of forks) ended(t, 0, await sandbox.cli('run', '--snapshot', snapshot, '--name', fork));
  for (const fork of forks) {
    t.is(await read(fork), 'origin');
    t.true(await has(fork, 'blob origin'));
  }
  await write(forks[0] ?? '', 'changed');
  t.deepEqual([await read(name), await read(forks[1] ?? '')], ['origin', 'origin']);
  ended(t, 2, await sandbox.cli('run', '--snapshot', snapshot, '--name', 'x', '--memory', '1G'));
  ended(t, 4, await sandbox.cli('run', '--snapshot', 'nothing', '--name', 'x'));
  for (const one of [name, ...forks]) ended(t, 0, await sandbox.cli('rm', one));
  ended(t, 0, await sandbox.cli('snapshot', 'rm', snapshot));
});

test.serial('stop frees everything; start brings it back on the same ports, its state intact', async (t) => {
  const name = await started(t);
  await write(name, 'kept');
  await push(name, 'blob kept');
  const ports = await portsOf(name);
  ended(t, 0, await sandbox.cli('stop', name));
  t.deepEqual(
    (await sandbox.docker.containers.list({ [LABEL.cluster]: name })).map((one) => one.name),
    [],
  );
  t.regex((await sandbox.cli('ls')).stdout, new RegExp(`${name}.*stopped`));
  for (const argv of [
    ['status', name],
    ['ports', '--name', name],
    ['ssh', '--name', name, 'node01'],
    ['snapshot', 'create', 'x', '--name', name],
    ['stop', name],
  ]) {
    const refused = await sandbox.cli(...argv);
    ended(t, 8, refused);
    t.true(`${refused.stdout}${refused.stderr}`.includes(`gocli start --name ${name}`), outputOf(refused));
  }
  ended(t, 8, await sandbox.run(image, name));

  ended(t, 0, await sandbox.cli('start', name));
  t.is(await portsOf(name), ports);
  t.is(await read(name), 'kept');
  t.true(await has(name, 'blob kept'));
  t.deepEqual(await snapshotFolders(name), [], 'what it was saved as is gone');
  ended(t, 0, await sandbox.cli('status', name));
  ended(t, 5, await sandbox.cli('start', name));
  ended(t, 0, await sandbox.cli('rm', name));
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial('a port that is taken after a stop is chosen anew, unless it was asked for', async (t) => {
  const name = await started(t);
  const port = new URL(await registryOf(name)).port;
  ended(t, 0, await sandbox.cli('stop', name));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
  const taken = await sandbox.cli('start', name, '--registry-port', port);
  ended(t, 5, taken);
  t.true(taken.stderr.includes(port) && taken.stderr.includes('--registry-port'), outputOf(taken));
  const elsewhere = await sandbox.cli('start', name);
  await new Promise((resolve) => server.close(resolve));
  ended(t, 0, elsewhere);
  const now = new URL(await registryOf(name)).port;
  t.not(now, port);
  t.true(elsewhere.stderr.includes(port) && elsewhere.stderr.includes(now), outputOf(elsewhere));
  ended(t, 0, await sandbox.cli('rm', name));
});

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test.serial(`a stop or start that ${signal} ends is repeated, and nothing is lost`, async (t) => {
    const name = await started(t);
    await write(name, 'kept');
    const kill = (child: ChildProcess): boolean => child.kill(signal);
    const isStopped = async (): Promise<void> => {
      t.regex((await sandbox.cli('ls')).stdout, new RegExp(`${name}.*stopped`));
      const refused = await sandbox.run(image, name);
      ended(t, 8, refused);
      t.false(outputOf(refused).includes('gocli rm'), outputOf(refused));
    };
    await meddle(['stop', name], { step: 'remove' }, kill, sandbox.env);
    await isStopped();
    for (const step of ['containers', 'thaw']) {
      const { exitCode, stderr } = await meddle(['start', name], { step }, kill, sandbox.env);
      t.not(exitCode, 0, stderr);
      await isStopped();
    }
    ended(t, 0, await sandbox.cli('start', name));
    t.is(await read(name), 'kept');
    t.deepEqual(await snapshotFolders(name), []);
    ended(t, 0, await sandbox.cli('rm', name));
    t.deepEqual(await sandbox.leftovers(name), []);
  });
}

/** Whether somebody listens at the port of VNC in the network that the machines share (proc(5), net/tcp). */
async function servesVnc(name: string): Promise<boolean> {
  const { stdout } = await sandbox.docker.containers.exec(`${name}-dnsmasq`, ['cat', '/proc/net/tcp']);
  return /: [0-9A-F]{8}:170D 00000000:0000 0A/.test(stdout);
}

test.serial('a restore that is ended, wherever that is, loses nothing of what ran', async (t) => {
  const name = await started(t);
  const snapshot = `${name}-a`;
  ended(t, 0, await sandbox.cli('snapshot', 'create', snapshot, '--name', name));
  await write(name, 'later');
  await push(name, 'blob pushed later');
  for (const [signal, step] of [
    ['SIGINT', 'thaw'],
    ['SIGKILL', 'containers'],
    ['SIGKILL', 'thaw'],
  ] as const) {
    const kill = (child: ChildProcess): boolean => child.kill(signal);
    const at = `${signal} in ${step}`;
    const { exitCode, stderr } = await meddle(['snapshot', 'restore', snapshot], { step }, kill, sandbox.env);
    t.not(exitCode, 0, stderr);
    if (signal === 'SIGKILL') {
      const refused = await sandbox.cli('ports', '--name', name);
      // At the beginning of a step nothing may have been done yet.
      if (step === 'thaw') ended(t, 8, refused);
      if (refused.exitCode !== 0) {
        t.true(refused.stderr.includes(`gocli resume --name ${name}`), outputOf(refused));
        ended(t, 0, await sandbox.cli('resume', name));
      }
    }
    t.is(await read(name), 'later', at);
    t.true(await has(name, 'blob pushed later'), at);
    t.true(await servesVnc(name), at);
    t.regex((await sandbox.cli('ls')).stdout, new RegExp(`${name}.*running`), at);
  }
  ended(t, 0, await sandbox.cli('snapshot', 'restore', snapshot));
  t.not(await read(name), 'later');
  t.false(await has(name, 'blob pushed later'));
  t.true(await servesVnc(name));
  const roles = (await sandbox.docker.containers.list({ [LABEL.cluster]: name })).map((one) => one.name);
  t.deepEqual(roles.sort(), [`${name}-dnsmasq`, `${name}-node01`, `${name}-registry`]);
  ended(t, 0, await sandbox.cli('rm', name));
  ended(t, 0, await sandbox.cli('snapshot', 'rm', snapshot));
});

test.serial('a stopped cluster can be removed', async (t) => {
  const name = await started(t);
  ended(t, 0, await sandbox.cli('stop', name));
  ended(t, 0, await sandbox.cli('rm', name));
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial('pause holds all machines at once; resume lets them go on, at the right time', async (t) => {
  const name = await started(t, '--nodes', '2');
  // A connection that lives through the pause: each side writes a line when it has read one.
  await shell(name, '(sleep 900 | nc -l -p 7000 >/run/heard) >/dev/null 2>&1 & sleep 0.2', 'node02');
  await shell(
    name,
    '(i=0; while [ $i -lt 400 ]; do echo $i; i=$((i+1)); sleep 0.1; done | nc 192.168.66.102 7000) >/dev/null 2>&1 & sleep 0.5',
  );
  const heard = (): Promise<number> => shell(name, 'wc -l </run/heard', 'node02').then(Number);
  const before = await heard();
  t.true(before > 0);
  const paused = await sandbox.cli('pause', name);
  ended(t, 0, paused);
  const skew = Number(/stood still within ([\d.]+) ms/.exec(paused.stderr)?.[1]);
  t.true(skew < 50, `${skew} ms between the first and the last machine`);
  t.regex((await sandbox.cli('ls')).stdout, new RegExp(`${name}.*paused`));
  const refused = await sandbox.cli('ports', '--name', name);
  ended(t, 8, refused);
  t.true(refused.stderr.includes(`gocli resume --name ${name}`));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  ended(t, 0, await sandbox.cli('resume', name));
  for (const node of ['node01', 'node02']) {
    const now = await inGuest(name, (agent, signal) => agent.execute('guest-get-time', {}, signal), node);
    t.true(Math.abs(Number(now) / 1e6 - Date.now()) < 2000, `the clock of ${node}`);
  }
  await shell(name, 'sleep 1');
  t.true((await heard()) > before, 'the connection survived');

  const snapshot = `${name}-two`;
  ended(t, 0, await sandbox.cli('snapshot', 'create', snapshot, '--name', name));
  ended(t, 0, await sandbox.cli('snapshot', 'restore', snapshot));
  const then = await heard();
  await shell(name, 'sleep 1');
  t.true((await heard()) > then, 'it survives a snapshot of two machines');
  ended(t, 0, await sandbox.cli('rm', name));
  ended(t, 0, await sandbox.cli('snapshot', 'rm', snapshot));
});
