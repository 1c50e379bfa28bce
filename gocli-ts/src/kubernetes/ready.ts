import type { Steps } from '../events/steps.ts';
import type { Paths } from '../host/paths.ts';
import type { RigDeps } from '../rig/deps.ts';
import type { Proof, Thawed } from '../rig/kind.ts';
import type { RigState } from '../rig/state.ts';
import type { RigKeys } from '../rig/template/keys.ts';
import { allMet } from '../waiting/all-met.ts';
import type { WaitOptions } from '../waiting/condition.ts';
import { adminOf, readAccess } from './access.ts';
import { ApiClient } from './api.ts';
import { THAW_PATIENCE_MS, thawedConditions, usedConditions } from './conditions.ts';
import { settled } from './settle.ts';
import { removeSurplus } from './surplus.ts';
import { targetsOf } from './targets.ts';

/** Waits until no pod changes any more. */
export async function settle(state: RigState, keys: RigKeys, { clock, signal }: RigDeps): Promise<boolean> {
  const admin = adminOf(keys, state);
  if (admin === undefined) return true;
  using api = new ApiClient(admin);
  return await settled(api, clock, signal);
}

/** Waits until a thawed cluster is Ready, without the nodes that its plan does not have. */
export async function afterThaw(
  thawed: Omit<Thawed, 'inGuests'>,
  steps: Steps,
  options: WaitOptions,
): Promise<void> {
  const { keys, state } = thawed;
  const admin = adminOf(keys, state);
  if (admin === undefined) return;
  // A TLS handshake is the slowest thing that a busy guest does: one, and one more for each further kubelet, whose own
  // handshakes with the API server then go on beside each other.
  using api = new ApiClient(admin, thawed.layout.plan.guest.nodes);
  const fewer = await removeSurplus(thawed, api, options);
  // What ran on a node that was taken out begins anew: what etcd says of the time of the freeze does not hold for it.
  const targets = targetsOf(state, api);
  const conditions = fewer ? usedConditions(targets, THAW_PATIENCE_MS) : thawedConditions(targets);
  await allMet(conditions, steps, options);
}

/** Conditions of a cluster that was started, by the keys in its state folder. */
export async function proof(state: RigState, paths: Paths): Promise<Proof> {
  const access = await readAccess(state, paths).catch(() => undefined);
  if (access === undefined) return notYet();
  const api = new ApiClient(access);
  return {
    conditions: usedConditions(targetsOf(state, api)),
    [Symbol.dispose]: () => {
      api[Symbol.dispose]();
    },
  };
}

function notYet(): Proof {
  const check = () => Promise.resolve({ met: false, observed: 'there is no kubeconfig yet' } as const);
  return {
    conditions: [{ name: 'the control plane was started', check }],
    [Symbol.dispose]: () => undefined,
  };
}
