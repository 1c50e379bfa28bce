import test, { type ExecutionContext } from 'ava';
import { runCli } from '../../../../gocli-ts/src/cli/run-cli.ts';
import { readState, writeSecret, writeState } from '../../../../gocli-ts/src/rig/state.ts';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { MACHINE_PATH } from '../../../../gocli-ts/src/machine/spec.ts';
import { healthyAgent, jsonPeer } from '../../../fakes/json-peer.ts';
import { makeConsole, type Console } from '../../../helpers/console.ts';
import { addProvider, clusterState, stateOf, VM_FACTS } from '../../../helpers/engine.ts';

/** A cluster "vm-1" that came up. */
async function withCluster(t: ExecutionContext, ...flags: string[]): Promise<Console> {
  const console = await makeConsole(t);
  addProvider(console.engine.docker, VM_FACTS);
  const { code, stderr } = await console.run('run', 'vm-1', ...flags);
  t.is(code, 0, stderr);
  return console;
}

test('the summary of a start names nodes, times and what to type next', async (t) => {
  const console = await makeConsole(t);
  addProvider(console.engine.docker, VM_FACTS);
  const { stdout } = await console.run('run', 'vm-1', '--name', 'two');
  t.regex(stdout, /^Rig two is Ready after .* \(tcg: .*\)\./);
  t.regex(stdout, /^node01 +192\.168\.66\.101 +1 +128M$/m);
  t.regex(stdout, /^Booting the machines +\d/m);
  t.regex(stdout, /^ {2}.*gocli.* rm --name two$/m);
  t.regex((await console.run('run', 'vm-1', '--name', 'two')).stdout, /is Ready already/);
});

test('status has an exit code, and says since when something is missing', async (t) => {
  const console = await withCluster(t);
  t.is((await console.run('status')).code, 0);
  const [node] = await console.engine.docker.containers.list({ [LABEL.node]: 'node01' });
  console.engine.docker.end(node?.id ?? '', 1);
  const { code, stdout } = await console.run('status', '-o', 'json');
  t.is(code, 8);
  const { conditions } = JSON.parse(stdout) as {
    conditions: { name: string; met: boolean; since: string }[];
  };
  t.like(
    conditions.find(({ met }) => !met),
    { name: 'container vm-1-node01 runs', observed: 'exited' },
  );
  t.regex(conditions[0]?.since ?? '', /^2030-/);
});

test('status shows the clock of each machine that runs, and is no less sure of Ready without an answer', async (t) => {
  const console = await withCluster(t, '--nodes', '2');
  const { docker, clock } = console.engine;
  const clocks = async (): Promise<unknown> => {
    const { code, stdout } = await console.run('status', '-o', 'json');
    t.is(code, 0);
    return (JSON.parse(stdout) as { clocks: unknown }).clocks;
  };
  const timed = (offsetMs: number) => (request: Record<string, unknown>) =>
    request['execute'] === 'guest-get-time'
      ? { return: (clock.now() + offsetMs) * 1_000_000 }
      : healthyAgent(request);
  docker.onConnect = () => jsonPeer(timed(-41_000)).near;
  t.deepEqual(await clocks(), [
    { node: 'node01', offsetMs: -41_000 },
    { node: 'node02', offsetMs: -41_000 },
  ]);
  t.regex((await console.run('status')).stdout, /^ +clock of node02 +41 s behind the host$/m);

  docker.onConnect = () => {
    const { near, far } = jsonPeer(() => undefined);
    far.end();
    return near;
  };
  t.deepEqual(await clocks(), [
    { node: 'node01', offsetMs: null },
    { node: 'node02', offsetMs: null },
  ]);
  t.regex((await console.run('status')).stdout, /^ +clock of node01 +no answer/m);
});

test('ports: one is a bare number, all are a list, each form the same numbers', async (t) => {
  const console = await withCluster(t);
  const one = (await console.run('ports', 'registry')).stdout;
  t.regex(one, /^\d+\n$/);
  const { ports } = JSON.parse((await console.run('ports', '-o', 'json')).stdout) as {
    ports: { name: string; hostPort: number }[];
  };
  t.is(`${String(ports.find(({ name }) => name === 'registry')?.hostPort)}\n`, one);
  // The port is what is behind the last colon, as in kubevirtci.
  t.true((await console.run('ports')).stdout.includes(`5000/tcp -> 127.0.0.1:${one.trim()}\n`));
  t.is((await console.run('ports', 'ssh', '-o', 'name')).stdout.trim(), String(ports[0]?.hostPort));
});

test('ssh runs the words as one command line, and its exit code is the exit code', async (t) => {
  const console = await withCluster(t);
  console.engine.ssh.respond((command) =>
    command === 'systemctl is-active -q kubelet' ? { exitCode: 3 } : undefined,
  );
  t.is((await console.run('ssh', 'node01', 'systemctl', 'is-active', '-q', 'kubelet')).code, 3);
  t.is((await console.run('ssh', 'node1', '--', 'true')).code, 0);
  t.deepEqual(
    console.engine.ssh.targets.map(({ node, user }) => [node, user]),
    [
      ['node01', 'root'],
      ['node01', 'root'],
    ],
  );
  t.is(console.engine.ssh.open, 0);
  const unknown = await console.run('ssh', 'node02', 'true');
  t.is(unknown.code, 4);
  t.regex(unknown.stderr, /Its nodes: node01/);
});

test('ssh has a terminal on the node when it is told to', async (t) => {
  const console = await withCluster(t);
  const { context, engine } = console;
  const hasTerminal = async (...argv: string[]): Promise<boolean> => {
    t.is(await runCli(argv, context), 0);
    return engine.ssh.calls.at(-1)?.options.pty !== undefined;
  };
  t.false(await hasTerminal('ssh', 'node01', 'true'));
  t.false(await hasTerminal('ssh', '-t', 'node01', 'true'));
  t.true(await hasTerminal('ssh', '-tt', 'root@node01', 'true'));
  Object.assign(context.stdin, { isTTY: true });
  t.false(await hasTerminal('ssh', 'node01', 'true'));
  t.true(await hasTerminal('ssh', '-t', 'node01', 'true'));
  Object.assign(context.stdout, { isTTY: true });
  t.true(await hasTerminal('ssh', 'node01', 'true'));
  t.false(await hasTerminal('ssh', '-T', 'node01', 'true'));
  t.is(engine.ssh.calls.at(-1)?.options.stdin, context.stdin);
  await hasTerminal('ssh', '-n', 'node01', 'true');
  t.is(engine.ssh.calls.at(-1)?.options.stdin, undefined);
});

test('scp copies every source it can, and fails when one is not there', async (t) => {
  const console = await withCluster(t);
  console.engine.ssh.respond((command) => ({ stdout: command.includes('/t') ? 'folder' : '' }));
  console.host.respond(([, , , , path]) => ({
    stdout: path?.endsWith('/absent') === true ? 'absent' : 'file',
  }));
  const copied = (): string[] => console.host.calls.slice(-2).map(({ argv }) => argv.slice(4, 6).join(' '));
  const partly = await console.run('scp', '-r', '/h/absent', '/h/one', 'node01:/t');
  t.is(partly.code, 1);
  t.regex(partly.stderr, /1 of 2 sources .*\n.*absent is not there here/);
  t.deepEqual(copied(), ['/h/one', '/h one']);
  t.is((await console.run('scp', '/h/absent', 'node01:/t')).code, 4);
  t.is((await console.run('scp', '-p', '/h/two', 'root@node01:/t/')).code, 0);
  t.deepEqual(copied(), ['/h/two', '/h two']);
});

test('a node that cannot be reached is exit code 255', async (t) => {
  const console = await withCluster(t);
  console.engine.ssh.refusals = 1;
  t.is((await console.run('ssh', 'node01', 'true')).code, 255);
});

test("kubectl is the provider's own, taken from the image once, and gets the kubeconfig", async (t) => {
  const console = await withCluster(t);
  const { docker, paths } = console.engine;
  const state = await readState(paths, 'vm-1');
  await writeState(paths, clusterState({ ...state, plan: clusterState().plan }));
  await writeSecret(paths, 'vm-1', 'kubeconfig', 'kind: Config');
  const [owner] = await docker.containers.list({ [LABEL.role]: 'dnsmasq' });
  docker.containerStore.get(owner?.id ?? '')?.files.set('/image/kubectl', Buffer.from('ELF'));
  console.host.respond(([program]) => (program?.endsWith('/kubectl') === true ? { exitCode: 7 } : undefined));
  for (const round of [1, 2]) {
    t.is((await console.run('kubectl', 'get', 'pods', '-o', 'json')).code, 7);
    const { argv = [], options } = console.host.calls.at(-1) ?? {};
    // No flag of ours: kubectl refuses flags before the name of a plugin, which knows the cluster by its environment.
    t.deepEqual(argv.slice(1), ['get', 'pods', '-o', 'json']);
    t.regex(options?.env?.['KUBECONFIG'] ?? '', /clusters\/vm-1\/kubeconfig$/);
    t.is(
      docker.calls.filter(
        ({ method, args }) => method === 'containers.readFile' && args[1] === '/image/kubectl',
      ).length,
      1,
      `round ${round}`,
    );
  }
});

test('console prints what the machine said so far', async (t) => {
  const console = await withCluster(t);
  const [node] = await console.engine.docker.containers.list({ [LABEL.node]: 'node01' });
  console.engine.docker.containerStore
    .get(node?.id ?? '')
    ?.files.set(MACHINE_PATH.consoleLog, Buffer.from('login:\n'));
  const { code, stdout } = await console.run('console');
  t.is(code, 0);
  t.is(stdout, 'login:\n');
  const json = await console.run('console', '-o', 'json');
  t.deepEqual(JSON.parse(json.stdout), { version: 1, node: 'node01', text: 'login:\n' });
});

test('scp says what it copied in the form that was asked for', async (t) => {
  const console = await withCluster(t);
  console.engine.ssh.respond(() => ({ stdout: 'file' }));
  console.host.respond(() => ({ stdout: 'file' }));
  const copied = await console.run('scp', '/h/one', 'node01:/t', '-o', 'json');
  t.is(copied.code, 0, copied.stderr);
  t.deepEqual(JSON.parse(copied.stdout), {
    version: 1,
    copies: [{ direction: 'upload', node: 'node01', remote: '/t', local: '/h/one' }],
  });
  t.like(await console.run('scp', '/h/one', 'node01:/t'), { code: 0, stdout: '' });
  t.like(await console.run('scp', '/h/one', 'node01:/t', '-o', 'name'), { stdout: 'node01:/t\n' });
  const both = await console.run('scp', 'node01:/t', '-', '-o', 'json');
  t.is(both.code, 2);
  t.is(both.stdout, '');
});

test('which cluster is meant: the only one, the one of the environment, or the one named', async (t) => {
  const console = await makeConsole(t, { KUBEVIRT_PROVIDER: 'k8s-1.36' });
  const none = await console.run('ports');
  t.is(none.code, 4);
  await writeState(console.engine.paths, stateOf({ name: 'a' }));
  t.is((await console.run('ports', 'registry')).stdout, '40003\n');
  await writeState(console.engine.paths, stateOf({ name: 'b', ports: { '5000/tcp': 50000 } }));
  const several = await console.run('ports', 'registry');
  t.is(several.code, 4);
  t.regex(several.stderr, /Name one with --name: a, b/);
  t.is((await console.run('ports', 'registry', '--name', 'b')).stdout, '50000\n');
  await writeState(console.engine.paths, stateOf({ name: 'k8s-1.36', ports: { '5000/tcp': 60000 } }));
  t.is((await console.run('ports', 'registry')).stdout, '60000\n');
  t.is((await console.run('ports', '--name', '../a')).code, 2);
  const inJob = await makeConsole(t, { KUBEVIRT_PROVIDER: 'k8s-1.36', GOCLI_CLUSTER: 'job' });
  for (const name of ['k8s-1.36', 'job'])
    await writeState(inJob.engine.paths, stateOf({ name, ports: { '5000/tcp': name.length } }));
  t.is((await inJob.run('ports', 'registry')).stdout, '3\n');
  const afterIt = await makeConsole(t, { GOCLI_CLUSTER: 'job-2' });
  await writeState(afterIt.engine.paths, stateOf({ name: 'job-1' }));
  const refused = await afterIt.run('ports', 'registry');
  t.is(refused.code, 4, 'the only one there is, is of another job');
  t.regex(refused.stderr, /no cluster "job-2" exists.*\n.*Name one with --name: job-1/);
  t.is((await afterIt.run('rm')).code, 0);
  t.is((await afterIt.run('ls', '-o', 'name')).stdout, 'job-1\n');
});

test('rm of the old name of a renamed cluster says what it is called, and that it is left alone', async (t) => {
  const console = await withCluster(t);
  const copy = await readState(console.engine.paths, 'vm-1');
  t.is((await console.run('rename', 'vm-1', 'kept')).code, 0);
  await writeState(console.engine.paths, copy ?? stateOf());
  const { code, stdout } = await console.run('rm', 'vm-1');
  t.is(code, 0);
  t.regex(stdout, /^Cluster vm-1 is called kept now, and stays as it is\./);
  t.is((await console.run('ls', '-o', 'name')).stdout, 'kept\n');
});

test('rm removes the one that is named, the only one, or all; nothing is no error', async (t) => {
  const console = await makeConsole(t);
  t.like(await console.run('rm'), { code: 0, stdout: 'There is no cluster to remove.\n' });
  t.like(await console.run('rm', 'nothing'), { code: 0, stdout: 'There is no cluster nothing to remove.\n' });
  t.like(await console.run('rm', 'nothing', '-o', 'name'), { code: 0, stdout: '' });
  for (const name of ['a', 'b', 'c']) await writeState(console.engine.paths, stateOf({ name }));
  t.is((await console.run('rm')).code, 4, 'several: none is taken');
  t.like(await console.run('rm', 'a'), { code: 0, stdout: 'Removed cluster a.\n' });
  t.is((await console.run('ls', '-o', 'name')).stdout, 'b\nc\n');
  t.is((await console.run('rm', '--all', '-o', 'name')).stdout, 'b\nc\n');
  t.is((await console.run('ls', '-o', 'name')).stdout, '');
});
