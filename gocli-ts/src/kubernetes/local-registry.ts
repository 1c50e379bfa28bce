import { hostPort } from '../rig/find.ts';
import type { RigState } from '../rig/state.ts';

/** Where containerd looks up how to reach a registry, a folder for each (containerd, docs/hosts.md). */
const CERTS = '/etc/containerd/certs.d';
/** The registry of a cluster as its nodes reach it. */
export const NODES_REGISTRY = 'registry:5000';

/** The registry as the host reaches it, and by {@link localRegistryScript} the nodes, too: `localhost:32768`. */
export function hostRegistry(state: Pick<RigState, 'name' | 'ports'>): string {
  return `localhost:${hostPort(state, '5000/tcp').toFixed(0)}`;
}

/**
 * Shell script that lets a node pull what was pushed to `localhost:<port>` by that name. containerd reads the file at
 * each pull; what somebody else put there is left alone.
 */
export function localRegistryScript(state: Pick<RigState, 'name' | 'ports'>): string {
  const folder = `${CERTS}/${hostRegistry(state)}`;
  return `[ -e ${folder} ] || { mkdir ${folder} && echo "server = 'http://${NODES_REGISTRY}'" >${folder}/hosts.toml; }`;
}
