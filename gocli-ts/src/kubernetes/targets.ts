import { hostPort } from '../rig/find.ts';
import type { RigState } from '../rig/state.ts';
import type { ApiClient } from './api.ts';
import type { ReadyTargets } from './conditions.ts';

/** What conditions of a cluster look at. */
export function targetsOf(state: RigState, api: ApiClient): ReadyTargets {
  return {
    api,
    rig: state.name,
    nodes: state.plan.guest.nodes,
    dnsPort: hostPort(state, '31111/udp'),
    registryPort: hostPort(state, '5000/tcp'),
  };
}
