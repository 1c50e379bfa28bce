import type { Steps } from '../events/steps.ts';
import type { Paths } from '../host/paths.ts';
import { nodeName } from '../network/addresses.ts';
import { runInGuests, waitForAgents } from '../rig/agents.ts';
import type { RigDeps } from '../rig/deps.ts';
import type { Booting, Proof, Thawed } from '../rig/kind.ts';
import type { RigPlan } from '../rig/plan.ts';
import { connectWhenUp, sshTarget } from '../rig/ssh-target.ts';
import { machinesOf } from '../rig/start/launch.ts';
import { readSecret, STATE_FILE, type RigState } from '../rig/state.ts';
import { All } from '../shared/all.ts';
import { ssh2Client } from '../ssh/client.ts';
import { generateSshKey } from '../ssh/keys.ts';
import type { SshTarget } from '../ssh/interface.ts';
import { isCode } from '../errors/error.ts';
import { allMet } from '../waiting/all-met.ts';
import type { Condition, WaitOptions } from '../waiting/condition.ts';
import { inTime } from '../waiting/in-time.ts';
import { identityScript, newIdentity } from './identity.ts';

/** Waits until the machines have booted, and makes each a machine of its own unless they are to become a template. */
export async function bringUp(
  { state, launched, sshPrivateKey, timeoutMs }: Booting,
  steps: Steps,
  deps: RigDeps,
  signal: AbortSignal,
): Promise<void> {
  const machines = machinesOf(launched);
  await steps.run('boot', 'Booting the machines', async (step) => {
    await waitForAgents(machines, deps, signal, timeoutMs);
    const targets = indicesOf(state.plan).map((index) => sshTarget(state, index, sshPrivateKey));
    await using open = await All.open(targets, (target) => connectWhenUp(target, deps, signal, timeoutMs));
    const bounds = { signal, timeoutMs };
    // It ends with another code than 0 where a unit failed, which is the user's to judge.
    const ends = await inTime('the boot is over', bounds, (bounded) =>
      open.each((node) => node.exec('systemctl is-system-running --wait', { signal: bounded })),
    );
    const odd = ends.map(({ stdout }) => stdout.trim()).filter((word) => word !== 'running');
    if (odd.length > 0) step.note(`systemd says: ${odd.join(', ')}`);
  });
  // Each clone of the template becomes one of its own, and this rig is the first.
  if (state.building !== undefined) return;
  await steps.run('identity', 'Making each machine one of its own', async () => {
    const scripts = await scriptsFor(state.plan);
    await inTime('each machine is one of its own', { signal, timeoutMs }, (bounded) =>
      runInGuests(machines, scripts, deps, bounded),
    );
  });
}

/** Makes thawed machines ones of their own, and waits until a command over ssh, under that host key, has returned. */
export async function afterThaw(
  { state, layout, keys, inGuests }: Thawed,
  steps: Steps,
  options: WaitOptions,
): Promise<void> {
  const scripts = await scriptsFor(layout.plan);
  const hostKeys = await steps.detail('identity', 'each machine is one of its own', () =>
    inGuests(scripts, options.signal),
  );
  const conditions = indicesOf(layout.plan).map((index, at) => {
    const target = sshTarget(state, index, keys.sshPrivateKey);
    return answers({ ...target, hostKey: hostKeys[at] ?? '' });
  });
  await allMet(conditions, steps, options);
}

/** That a command over ssh returns on each machine of a rig that was started. */
export async function proof(state: RigState, paths: Paths): Promise<Proof> {
  const key = await readSecret(paths, state.name, STATE_FILE.sshKey).catch(() => undefined);
  const conditions = indicesOf(state.plan).map((index) =>
    key === undefined ? withoutKey(index) : answers(sshTarget(state, index, key)),
  );
  return { conditions, [Symbol.dispose]: () => undefined };
}

function withoutKey(index: number): Condition {
  const check = () => Promise.resolve({ met: false, observed: 'there is no key of it yet' } as const);
  return { name: `ssh of ${nodeName(index)}`, check };
}

function answers(target: SshTarget): Condition {
  return {
    name: `ssh of ${target.node}`,
    check: async (signal) => {
      try {
        await using connection = await ssh2Client().connect(target, signal);
        await connection.run('true', { signal });
        return { met: true, observed: 'a command returned' };
      } catch (error) {
        if (!isCode(error, 'GUEST_UNREACHABLE')) throw error;
        return { met: false, observed: error.message };
      }
    },
  };
}

function scriptsFor(plan: RigPlan): Promise<string[]> {
  return Promise.all(
    indicesOf(plan).map(async (index) =>
      identityScript(newIdentity(plan, index, await generateSshKey(`root@${nodeName(index)}`))),
    ),
  );
}

function indicesOf({ guest }: RigPlan): number[] {
  return Array.from({ length: guest.nodes }, (_, at) => at + 1);
}
