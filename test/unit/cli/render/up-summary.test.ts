import test, { type ExecutionContext } from 'ava';
import { writeUpSummary } from '../../../../gocli-ts/src/cli/render/up-summary.ts';
import type { RigState } from '../../../../gocli-ts/src/rig/state.ts';
import { makeConsole } from '../../../helpers/console.ts';
import { clusterState, stateOf } from '../../../helpers/engine.ts';
import { Captured } from '../../../helpers/captured.ts';

const STATE = clusterState();

/** What a start prints where gocli is called like this; on PATH when undefined. */
async function summary(
  t: ExecutionContext,
  command: string | undefined,
  state: RigState = STATE,
  output?: 'json',
): Promise<string> {
  const { engine, context } = await makeConsole(t, command === undefined ? {} : { GOCLI_COMMAND: command });
  const stdout = new Captured();
  const paths = { ...engine.paths, state: '/home/a b' };
  const session = {
    ...context,
    kinds: engine.kinds,
    emit: engine.emit,
    output,
    typed: (text: string) => text,
    run: 'run1',
  };
  writeUpSummary({ state, started: true, timings: [], seconds: 1 }, false, { ...session, stdout, paths });
  return stdout.text;
}

test('what to type next can be pasted: gocli as it is called here, and a path with a blank', async (t) => {
  const text = await summary(t, 'cluster-up/cli.sh');
  t.regex(text, /^ {2}export KUBECONFIG='\/home\/a b\/clusters\/c\/kubeconfig'$/m);
  t.regex(text, /^ {2}cluster-up\/cli\.sh kubectl --name c get pods -A$/m);
});

test('a script means the default cluster where nothing is exported, so any other one is named', async (t) => {
  const guest = { ...STATE.plan.guest, provider: 'k8s-1.35' };
  const state = { ...STATE, name: 'k8s-1.35', plan: { ...STATE.plan, guest } };
  t.regex(await summary(t, 'cluster-up/cli.sh', state), /^ {2}cluster-up\/cli\.sh rm --name k8s-1\.35$/m);
  t.regex(await summary(t, undefined, state), /^ {2}gocli rm$/m);
});

test('each node is shown with what it has itself', async (t) => {
  const perNode = { node02: { memoryMiB: 8192, cpus: 3 } };
  const guest = { ...STATE.plan.guest, nodes: 2, cpus: 2, memoryMiB: 4096, perNode };
  const text = await summary(t, undefined, { ...STATE, plan: { ...STATE.plan, guest } });
  t.regex(text, /^node01 .* 2 +4096M$/m);
  t.regex(text, /^node02 .* 3 +8192M$/m);
});

test('where the scripts mean this cluster, they are what to type next', async (t) => {
  const state = {
    ...STATE,
    name: 'k8s-1.36',
    plan: { ...STATE.plan, guest: { ...STATE.plan.guest, provider: 'k8s-1.36' } },
  };
  const commands = async (command: string | undefined): Promise<(string | undefined)[]> =>
    (await summary(t, command, state)).trim().split('\n').slice(-3);
  t.deepEqual(await commands('cluster-up/cli.sh'), [
    '  cluster-up/kubectl.sh get pods -A',
    '  cluster-up/ssh.sh node01',
    '  cluster-up/down.sh',
  ]);
  t.deepEqual((await commands('./cli.sh'))[0], '  ./kubectl.sh get pods -A');
  t.deepEqual((await commands('/a\\ b/cluster-up/cli.sh'))[1], '  /a\\ b/cluster-up/ssh.sh node01');
  t.deepEqual(await commands(undefined), ['  gocli kubectl get pods -A', '  gocli ssh node01', '  gocli rm']);
});

test('the reason for emulation is one short clause', async (t) => {
  const words =
    'Could not access KVM kernel module: No such file or directory, and a lot more that qemu says of it';
  const state = { ...STATE, acceleratorReason: `qemu cannot use /dev/kvm: ${words}` };
  t.regex(await summary(t, undefined, state), /\(tcg: qemu cannot use \/dev\/kvm\)\.\n/);
});

test('what a rig is called, what it brings up and what to type next come of its kind', async (t) => {
  const { plan } = stateOf();
  const machine = stateOf({ plan: { ...plan, guest: { ...plan.guest, vm: { user: 'debian' } } } });
  const ofMachine = await summary(t, undefined, machine);
  t.regex(ofMachine, /^Rig c is Ready after/);
  t.regex(
    ofMachine,
    /\nNext:\n {2}gocli ssh --name c node01\n {2}gocli status --name c\n {2}gocli rm --name c\n$/,
  );
  t.regex(await summary(t, undefined), /^Cluster c is Ready after/);
  t.like(JSON.parse(await summary(t, undefined, machine, 'json')), { kubernetes: null, kubeconfig: null });
  t.like(JSON.parse(await summary(t, undefined, STATE, 'json')), {
    kubernetes: '1.36.3',
    kubeconfig: '/home/a b/clusters/c/kubeconfig',
  });
});
