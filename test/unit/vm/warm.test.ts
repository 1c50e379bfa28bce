import test, { type ExecutionContext } from 'ava';
import { requireRig } from '../../../gocli-ts/src/rig/find.ts';
import type { Warming } from '../../../gocli-ts/src/rig/kind.ts';
import { warmingOf } from '../../../gocli-ts/src/vm/warm.ts';
import { another, makePool } from '../../helpers/pool.ts';
import type { FakeSsh } from '../../fakes/ssh.ts';

const NEVER = new AbortController().signal;

async function makeBench(t: ExecutionContext): Promise<{ ssh: FakeSsh; warming: Warming }> {
  const bench = await makePool(t, 1);
  const { engine } = bench;
  await bench.run('c');
  const found = await requireRig(engine.docker, engine.paths, 'c');
  const { state } = found;
  if (state === undefined) throw new Error('no state');
  const guest = { ...state.plan.guest, nodes: 2, vm: { user: 'debian' } };
  const ports = { ...state.ports, '2202/tcp': 2202 };
  engine.ssh.calls.length = 0;
  engine.ssh.targets.length = 0;
  const changed = { ...found, state: { ...state, ports, plan: { ...state.plan, guest } } };
  return { ssh: engine.ssh, warming: await warmingOf(changed, another(engine)) };
}

const said = ({ calls }: FakeSsh): string[] => calls.map(({ node, command }) => `${node} ${command}`).sort();

test('each machine does it as its user, in a folder that goes afterwards', async (t) => {
  const { ssh, warming } = await makeBench(t);
  await warming.run(['sudo -n true'], NEVER);
  const inFolder =
    "cd /tmp/gocli-warm-up && export HOME=/tmp/gocli-warm-up || exit\ntimeout -k 5 240 sh -c 'sudo -n true'";
  const make = 'mkdir -m 700 /tmp/gocli-warm-up';
  t.deepEqual(said(ssh), [`node01 ${inFolder}`, `node01 ${make}`, `node02 ${inFolder}`, `node02 ${make}`]);
  t.deepEqual([...new Set(ssh.targets.map(({ user }) => user))], ['debian']);
  ssh.calls.length = 0;
  await warming.undo(NEVER);
  t.deepEqual(
    said(ssh),
    ['node01', 'node02'].map(
      (node) => `${node} rm -rf /tmp/gocli-warm-up 2>/dev/null || sudo -n rm -rf /tmp/gocli-warm-up`,
    ),
  );
  t.is(ssh.open, 0);
});

test('a command that fails ends it', async (t) => {
  const { ssh, warming } = await makeBench(t);
  ssh.respond((command) => (command.endsWith('false') ? { exitCode: 1 } : undefined));
  await t.throwsAsync(warming.run(['false', 'true'], NEVER), { code: 'REMOTE_COMMAND' });
  t.false(said(ssh).some((line) => line.endsWith('true')));
  t.is(ssh.open, 0);
});
