import { LABEL } from '../docker/labels.ts';
import type { Docker, Labels } from '../docker/port.ts';
import { removeState } from './state.ts';
import type { ClusterDeps } from './deps.ts';

export interface Removed {
  readonly containers: number;
  readonly volumes: number;
}

/** Removes a cluster: containers, volumes, state. Removing what is not there is not an error. */
export async function down(name: string, deps: Pick<ClusterDeps, 'docker' | 'paths'>): Promise<Removed> {
  const removed = await removeLabelled(deps.docker, { [LABEL.cluster]: name });
  await removeState(deps.paths, name);
  return removed;
}

/**
 * Removes everything that carries exactly these labels. Nodes go before the container whose network they use; all are
 * killed, since nothing in a throw-away cluster is worth a slow shutdown.
 */
export async function removeLabelled(docker: Docker, labels: Labels): Promise<Removed> {
  const containers = await docker.containers.list(labels);
  const owners = containers.filter(({ labels: own }) => own[LABEL.role] === 'dnsmasq');
  const others = containers.filter((container) => !owners.includes(container));
  await Promise.all(others.map(({ id }) => docker.containers.remove(id)));
  await Promise.all(owners.map(({ id }) => docker.containers.remove(id)));
  const volumes = await docker.volumes.list(labels);
  await Promise.all(volumes.map(({ name }) => docker.volumes.remove(name)));
  return { containers: containers.length, volumes: volumes.length };
}
