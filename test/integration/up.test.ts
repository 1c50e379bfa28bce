import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import type { ContainerInfo } from '../../gocli-ts/src/place/interface.ts';
import { type CliResult, outputOf } from '../helpers/cli.ts';
import { openSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

let sandbox: Sandbox;
let image: string;

test.before('the tiny provider image', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker);
});

test.after.always('nothing stays', () => sandbox.close());

function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
}

function parse(result: CliResult): Record<string, unknown> {
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

async function nodeOf(name: string): Promise<ContainerInfo> {
  const [node] = await sandbox.docker.containers.list({ [LABEL.cluster]: name, [LABEL.node]: 'node01' });
  if (node === undefined) throw new Error(`cluster ${name} has no node01`);
  return node;
}

/** What the guest's web server says, through the published port. */
async function fetchCounter(name: string): Promise<number> {
  const port = (await sandbox.cli('ports', 'http', '--name', name)).stdout.trim();
  const answer = await fetch(`http://127.0.0.1:${port}/counter`, { signal: AbortSignal.timeout(10_000) });
  return Number(await answer.text());
}

test.serial('a cluster comes up, is listed, answers on its ports, and goes without a trace', async (t) => {
  const name = sandbox.name();
  const started = await sandbox.run(image, name, '-o', 'json');
  ended(t, 0, started);
  t.is(parse(started)['version'], 1);

  const listed = parse(await sandbox.cli('ls', '-o', 'json'))['clusters'] as {
    name: string;
    state: string;
  }[];
  t.like(
    listed.find((one) => one.name === name),
    { provider: 'tiny', nodes: 1, state: 'running' },
  );
  ended(t, 0, await sandbox.cli('status', name));
  t.true((await fetchCounter(name)) >= 0, 'DHCP, taps and forwarding work');
  const registry = (await sandbox.cli('ports', 'registry', '--name', name)).stdout.trim();
  t.is((await fetch(`http://127.0.0.1:${registry}/v2/`)).status, 200);

  ended(t, 0, await sandbox.cli('rm', name));
  t.deepEqual(await sandbox.leftovers(name), []);
  ended(t, 0, await sandbox.cli('rm', name));
});

test.serial('no container of a cluster is privileged, and qemu has no capability', async (t) => {
  const name = sandbox.name();
  ended(t, 0, await sandbox.run(image, name));
  const node = await nodeOf(name);
  const status = await sandbox.docker.containers.readFile(node.id, '/proc/1/status').catch(() => undefined);
  const caps = await sandbox.docker.containers.exec(node.id, ['grep', 'Cap', '/proc/1/status']);
  t.is(status, undefined);
  t.regex(caps.stdout, /CapEff:\s+0{16}/);
  t.regex(caps.stdout, /CapBnd:\s+0{16}/);
  ended(t, 0, await sandbox.cli('rm', name));
});

test.serial(
  'a second run finds the cluster; another plan is a conflict that says what differs',
  async (t) => {
    const name = sandbox.name();
    ended(t, 0, await sandbox.run(image, name));
    const before = (await nodeOf(name)).id;
    ended(t, 0, await sandbox.run(image, name));
    const other = await sandbox.run(image, name, '--memory', '300M', '--cpu', '2');
    ended(t, 5, other);
    t.regex(other.stderr, /memory per node \(MiB\): 256 runs, 300 is asked for/);
    t.regex(other.stderr, /vCPUs per node: 1 runs, 2 is asked for/);
    t.is((await nodeOf(name)).id, before, 'the cluster was not touched');

    await sandbox.docker.containers.remove(before);
    const broken = await sandbox.run(image, name);
    ended(t, 8, broken);
    t.regex(broken.stderr, new RegExp(`${name}-node01 runs: missing`));
    ended(t, 8, await sandbox.cli('status', name));
    ended(t, 0, await sandbox.cli('rm', name));
    t.deepEqual(await sandbox.leftovers(name), []);
  },
);

test.serial('of two runs under one name the second waits, and finds what it asked for', async (t) => {
  const name = sandbox.name();
  const both = await Promise.all([sandbox.run(image, name), sandbox.run(image, name)]);
  for (const one of both) ended(t, 0, one);
  t.is(both.filter(({ stderr }) => /Waiting for process \d+, which changes/.test(stderr)).length, 1);
  ended(t, 0, await sandbox.cli('status', name));
  ended(t, 0, await sandbox.cli('rm', name));
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial(
  'what changes one cluster at once ends as if one came after the other, also for another HOME',
  async (t) => {
    const name = sandbox.name();
    const verbs = [['rm', name], ['stop', name], ['start', name], ['pause', name], ['resume', name], ['ls']];
    const all = [
      sandbox.run(image, name),
      ...verbs.map((words) => sandbox.cli(...words)),
      sandbox.run(image, name),
    ];
    for (const { stderr } of await Promise.all(all)) t.notRegex(stderr, /E900|E600|^\s+at /m, stderr);
    const { stdout } = await sandbox.cli('ls', '-o', 'json');
    const state = (JSON.parse(stdout) as { clusters: { name: string; state: string }[] }).clusters.find(
      (one) => one.name === name,
    )?.state;
    t.true([undefined, 'running', 'stopped', 'paused'].includes(state), state);
    ended(t, 0, await sandbox.cli('rm', name));
    t.deepEqual(await sandbox.leftovers(name), []);
  },
);

test.serial(
  'a host port that is asked for is used; a taken one is an error that names its holder',
  async (t) => {
    const name = sandbox.name();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const taken = await sandbox.run(image, name, '--http-port', port);
    ended(t, 5, taken);
    t.regex(taken.stderr, new RegExp(`${port}.*taken.*(node|pid ${process.pid})`));
    t.deepEqual(await sandbox.leftovers(name), []);
    await new Promise((resolve) => server.close(resolve));

    ended(t, 0, await sandbox.run(image, name, '--http-port', port));
    t.is((await sandbox.cli('ports', 'http', '--name', name)).stdout, `${port}\n`);
    const second = sandbox.name();
    const held = await sandbox.run(image, second, '--http-port', port);
    ended(t, 5, held);
    t.regex(held.stderr, new RegExp(`${name}-dnsmasq`));
    t.deepEqual(await sandbox.leftovers(second), []);
    ended(t, 0, await sandbox.cli('rm', name));
  },
);

test.serial('what the host cannot give is refused before anything is made', async (t) => {
  const name = sandbox.name();
  const memory = await sandbox.run(image, name, '--memory', '9000G');
  ended(t, 3, memory);
  t.regex(memory.stderr, /8\.8 TiB|9000/);
  for (const flags of [
    ['--nodes', '0'],
    ['--nodes', '1000'],
    ['--memory', '5G0'],
    ['--cpu', 'many'],
  ]) {
    const refused = await sandbox.run(image, name, ...flags);
    ended(t, 2, refused);
    t.true(refused.stderr.includes(flags[0] ?? ''), refused.stderr);
  }
  ended(t, 2, await sandbox.run(image, '../etc'));
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial('a machine that ends while it boots is an error with the end of its console', async (t) => {
  const name = sandbox.name();
  const mortal = await tinyImage(sandbox.docker, { kernelArgs: ['gocli.poweroff'] });
  const died = await sandbox.run(mortal, name, '-o', 'json');
  ended(t, 1, died);
  t.regex(died.stderr, /GOCLI-E401/);
  t.regex(died.stderr, /tiny guest powers off/);
  t.deepEqual(await sandbox.leftovers(name), []);

  const kept = await sandbox.run(mortal, name, '--keep-on-failure');
  ended(t, 1, kept);
  t.regex(kept.stderr, new RegExp(`gocli rm --name ${name}`));
  t.true((await sandbox.leftovers(name)).includes(`container ${name}-node01`));
  ended(t, 8, await sandbox.cli('status', name));
  ended(t, 0, await sandbox.cli('rm', name));
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial('a machine whose agent never answers is a timeout', async (t) => {
  const name = sandbox.name();
  const silent = await tinyImage(sandbox.docker, { kernelArgs: ['rdinit=/bin/cat'] });
  const late = await sandbox.run(silent, name, '--timeout', '4');
  ended(t, 6, late);
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial('several machines share one network and know each other by name', async (t) => {
  const name = sandbox.name();
  ended(t, 0, await sandbox.run(image, name, '--nodes', '2'));
  const listed = parse(await sandbox.cli('status', name, '-o', 'json'))['conditions'] as unknown[];
  t.is(listed.length, 5);
  ended(t, 0, await sandbox.cli('rm', name));
  t.deepEqual(await sandbox.leftovers(name), []);
});
