import test, { type ExecutionContext } from 'ava';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import { isCode } from '../../gocli-ts/src/errors/error.ts';
import { Agent } from '../../gocli-ts/src/machine/agent.ts';
import { Monitor } from '../../gocli-ts/src/machine/monitor.ts';
import { outputOf } from '../helpers/cli.ts';
import { openSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

let sandbox: Sandbox;
let image: string;

test.before('the tiny provider image', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker);
});

test.after.always('nothing stays', () => sandbox.close());

const soon = (): AbortSignal => AbortSignal.timeout(30_000);

/** A running machine of its own: its cluster and its container. */
async function machine(t: ExecutionContext): Promise<{ name: string; id: string }> {
  const name = sandbox.name();
  const started = await sandbox.run(image, name);
  t.is(started.exitCode, 0, outputOf(started));
  const [node] = await sandbox.docker.containers.list({ [LABEL.cluster]: name, [LABEL.node]: 'node01' });
  return { name, id: node?.id ?? '' };
}

interface ExecStatus {
  readonly exited: boolean;
  /** Base64. */
  readonly 'out-data'?: string;
}

/** Runs a script in the guest and returns its output. */
async function inGuest(agent: Agent, script: string): Promise<string> {
  const request = { path: '/bin/sh', arg: ['-c', script], 'capture-output': true };
  const { pid } = (await agent.execute('guest-exec', request, soon())) as { pid: number };
  for (;;) {
    const status = (await agent.execute('guest-exec-status', { pid }, soon())) as ExecStatus;
    if (status.exited) return Buffer.from(status['out-data'] ?? '', 'base64').toString('utf8');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function counter(agent: Agent): Promise<number> {
  return Number(await inGuest(agent, 'cat /run/www/counter'));
}

test.serial(
  'a machine stops and goes on; whatever was asked meanwhile does not confuse its agent',
  async (t) => {
    const { name, id } = await machine(t);
    const { docker } = sandbox;
    await using monitor = await Monitor.open(docker, id, 'node01', soon());
    t.like(await monitor.execute('query-status', {}, soon()), { status: 'running' });
    const refused = await t.throwsAsync(monitor.execute('no-such-command', {}, soon()));
    t.true(isCode(refused, 'REMOTE_COMMAND'));

    const first = await Agent.open(docker, id, 'node01', soon());
    const before = await counter(first);
    await monitor.execute('stop', {}, soon());
    t.like(await monitor.execute('query-status', {}, soon()), { status: 'paused' });
    await t.throwsAsync(first.execute('guest-get-time', {}, AbortSignal.timeout(700)), {
      any: true,
      name: 'TimeoutError',
    });
    await first[Symbol.asyncDispose]();
    await monitor.execute('cont', {}, soon());

    await using second = await Agent.open(docker, id, 'node01', soon());
    const after = await counter(second);
    t.true(after >= before, `${before} before, ${after} after`);
    t.is((await inGuest(second, 'echo hello; hostname')).split('\n')[0], 'hello');
    await sandbox.cli('rm', name);
  },
);

test.serial('the clock of a guest is set through its agent', async (t) => {
  const { name, id } = await machine(t);
  await using agent = await Agent.open(sandbox.docker, id, 'node01', soon());
  const day = 24 * 3600;
  const then = Math.floor(Date.now() / 1000) + day;
  await agent.execute('guest-set-time', { time: then * 1e9 }, soon());
  const now = Number(await inGuest(agent, 'date +%s'));
  t.true(Math.abs(now - then) < 60, `${now} instead of ${then}`);
  await sandbox.cli('rm', name);
});

test.serial('addresses, names and the way out are those of the cluster', async (t) => {
  const name = sandbox.name();
  const started = await sandbox.run(image, name, '--nodes', '2');
  t.is(started.exitCode, 0, outputOf(started));
  const nodes = await sandbox.docker.containers.list({ [LABEL.cluster]: name, [LABEL.role]: 'node' });
  const id = nodes.find(({ labels }) => labels[LABEL.node] === 'node02')?.id ?? '';
  await using agent = await Agent.open(sandbox.docker, id, 'node02', soon());
  // The agent answers as soon as it runs, which may be before DHCP has.
  const wait = 'until ip route | grep -q default; do sleep 0.1; done';
  const seen = await inGuest(
    agent,
    `${wait}; ip -4 address show eth0; ip route; nslookup registry; nslookup node01`,
  );
  t.regex(seen, /inet 192\.168\.66\.102\/24/);
  t.regex(seen, /default via 192\.168\.66\.2/);
  t.regex(seen, /registry\s+Address[^\n]*192\.168\.66\.2\n/);
  t.regex(seen, /node01\s+Address[^\n]*192\.168\.66\.101\n/);
  t.regex(await inGuest(agent, 'ping -c 1 -W 5 node01'), /1 packets received/);
  t.regex(await inGuest(agent, 'wget -q -O - http://node01/counter'), /^\d+\n$/);
  await sandbox.cli('rm', name);
});

test.serial('an agent that ends is started again, and a new client finds it', async (t) => {
  const { name, id } = await machine(t);
  {
    await using agent = await Agent.open(sandbox.docker, id, 'node01', soon());
    await agent.execute('guest-exec', { path: '/bin/sh', arg: ['-c', 'killall qemu-ga'] }, soon());
  }
  await using again = await Agent.open(sandbox.docker, id, 'node01', soon());
  t.is(await inGuest(again, 'echo back'), 'back\n');
  await sandbox.cli('rm', name);
});

test.serial('the agent switches a machine off, and status says so', async (t) => {
  const { name, id } = await machine(t);
  await using agent = await Agent.open(sandbox.docker, id, 'node01', soon());
  agent.shutdown();
  t.is(await sandbox.docker.containers.wait(id, soon()), 0);
  const status = await sandbox.cli('status', name);
  t.is(status.exitCode, 8);
  t.regex(status.stdout, /node01 runs\s+exited/);
  await sandbox.cli('rm', name);
});

test.serial('what waits for an answer learns that the machine is gone', async (t) => {
  const { name, id } = await machine(t);
  await using agent = await Agent.open(sandbox.docker, id, 'node01', soon());
  {
    await using monitor = await Monitor.open(sandbox.docker, id, 'node01', soon());
    await monitor.execute('stop', {}, soon());
    const waiting = t.throwsAsync(agent.execute('guest-get-time', {}, soon()));
    await monitor.execute('quit', {}, soon());
    t.true(isCode(await waiting, 'GUEST_DIED'));
  }
  await sandbox.cli('rm', name);
});
