import { GocliError, isCode } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo, Docker } from '../place/port.ts';
import type { Paths } from '../host/paths.ts';
import { didYouMean } from '../shared/text.ts';
import { readState, stateNames, type RigState } from './state.ts';

/** A cluster as it is found on this host: its containers, by label, and its state. */
export interface FoundRig {
  readonly name: string;
  readonly containers: readonly ContainerInfo[];
  /** Absent when the start was killed before it wrote any. */
  readonly state: RigState | undefined;
}

/** What a cluster is doing, as people see it. */
export type RigPhase = 'starting' | 'running' | 'paused' | 'stopped' | 'broken';

export function phaseOf({ containers, state }: FoundRig): RigPhase {
  if (state?.stopped === true) return 'stopped';
  if (containers.length === 0 || containers.some((one) => one.state !== 'running')) return 'broken';
  if (state?.paused === true) return 'paused';
  return state?.readyAt === undefined ? 'starting' : 'running';
}

/** The cluster of that name, or undefined when there is neither a container nor a state folder. */
export async function findRig(docker: Docker, paths: Paths, name: string): Promise<FoundRig | undefined> {
  const [containers, state] = await Promise.all([
    docker.containers.list({ [LABEL.cluster]: name }),
    readState(paths, name),
  ]);
  return containers.length === 0 && state === undefined ? undefined : { name, containers, state };
}

/** All clusters of this host, by name. */
export async function findRigs(docker: Docker, paths: Paths): Promise<FoundRig[]> {
  const [containers, names] = await Promise.all([
    docker.containers.list({ [LABEL.cluster]: '' }),
    stateNames(paths),
  ]);
  const all = new Set([...names, ...containers.map(({ labels }) => labels[LABEL.cluster] ?? '')]);
  all.delete('');
  return Promise.all(
    [...all].sort().map(async (name) => ({
      name,
      containers: containers.filter(({ labels }) => labels[LABEL.cluster] === name),
      state: await readState(paths, name).catch(noneWhenDamaged),
    })),
  );
}

/** One damaged file must not hide the other clusters; what is done with this one says what to type. */
function noneWhenDamaged(error: unknown): undefined {
  if (!isCode(error, 'BAD_FILE')) throw error;
}

/** @throws GocliError NOT_FOUND, with the names that exist */
export async function requireRig(docker: Docker, paths: Paths, name: string): Promise<FoundRig> {
  const found = await findRig(docker, paths, name);
  if (found !== undefined) return found;
  const names = (await findRigs(docker, paths)).map((cluster) => cluster.name);
  throw new GocliError('NOT_FOUND', `there is no cluster "${name}".${didYouMean(name, names)}`, {
    hint:
      names.length === 0 ? 'No cluster exists. Type: gocli run <provider>' : `Clusters: ${names.join(', ')}`,
  });
}

/** @throws GocliError NOT_FOUND when the cluster's start did not get as far as its state */
export function requireState(found: FoundRig): RigState {
  if (found.state !== undefined) return found.state;
  throw new GocliError('NOT_FOUND', `cluster "${found.name}" was not started completely`, {
    hint: `Remove what is left of it: gocli rm --name ${found.name}`,
  });
}

/** @throws GocliError NOT_READY, with what to type, when the cluster is stopped or paused */
export function requireAwake(state: RigState | undefined): void {
  if (state?.stopped === true) {
    throw new GocliError('NOT_READY', `cluster "${state.name}" is stopped`, {
      hint: `Type: gocli start ${state.name}`,
    });
  }
  if (state?.paused === true) {
    throw new GocliError('NOT_READY', `cluster "${state.name}" is paused`, {
      hint: `Type: gocli resume ${state.name}`,
    });
  }
}

/** The container of a node. @throws GocliError NOT_FOUND */
export function nodeOf(found: FoundRig, node: string): ContainerInfo {
  const container = found.containers.find(({ labels }) => labels[LABEL.node] === node);
  if (container !== undefined) return container;
  throw new GocliError('NOT_FOUND', `cluster "${found.name}" has no container for ${node}`, {
    hint: 'Type: gocli status',
  });
}

/** The host port of a container port. @throws GocliError NOT_FOUND */
export function hostPort(state: Pick<RigState, 'name' | 'ports'>, key: string): number {
  const port = state.ports[key];
  if (port !== undefined) return port;
  throw new GocliError('NOT_FOUND', `port ${key} of cluster "${state.name}" is not published`, {
    hint: `Published: ${Object.keys(state.ports).join(', ')}`,
  });
}
