import { GocliError, isCode } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo, Docker } from '../place/port.ts';
import type { Paths } from '../host/paths.ts';
import { didYouMean } from '../shared/text.ts';
import { stoppedSaves, type Snapshot } from './snapshot/snapshots.ts';
import { readState, stateNames, type RigState } from './state.ts';
import { gocliCommand } from '../shared/command.ts';

/** A cluster as it is found on this host: its containers, by label, and its state. */
export interface FoundRig {
  readonly name: string;
  readonly containers: readonly ContainerInfo[];
  /** Absent when the start was killed before it wrote any, and when it was started with another HOME. */
  readonly state: RigState | undefined;
  /** What it was saved as when it was stopped. While it is there, the cluster is stopped, whatever else is left of it. */
  readonly saved?: Snapshot | undefined;
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
  const [containers, file, saves] = await Promise.all([
    docker.containers.list({ [LABEL.cluster]: name }),
    readState(paths, name).catch((error: unknown) => ({ error })),
    stoppedSaves(docker, name),
  ]);
  const damaged = file !== undefined && 'error' in file;
  const found = rigOf(name, containers, damaged ? undefined : file, saves);
  // What was saved holds the state, too.
  if (damaged && found.saved === undefined) throw file.error;
  return containers.length === 0 && found.state === undefined ? undefined : found;
}

/** All clusters of this host, by name. */
export async function findRigs(docker: Docker, paths: Paths): Promise<FoundRig[]> {
  const [containers, names, saves] = await Promise.all([
    docker.containers.list({ [LABEL.cluster]: '' }),
    stateNames(paths),
    stoppedSaves(docker),
  ]);
  const running = containers.map(({ labels }) => labels[LABEL.cluster] ?? '');
  const all = new Set([...names, ...running, ...saves.map(({ cluster }) => cluster)]);
  all.delete('');
  return Promise.all(
    [...all].sort().map(async (name) =>
      rigOf(
        name,
        containers.filter(({ labels }) => labels[LABEL.cluster] === name),
        await readState(paths, name).catch(noneWhenDamaged),
        saves.filter(({ cluster }) => cluster === name),
      ),
    ),
  );
}

function rigOf(
  name: string,
  containers: readonly ContainerInfo[],
  file: RigState | undefined,
  saves: readonly Snapshot[],
): FoundRig {
  const saved = saves.at(-1);
  if (saved === undefined || isUsedUp(saved, containers, file)) return { name, containers, state: file };
  return { name, containers, state: { ...saved.record.state, stopped: true }, saved };
}

/**
 * Whether machines went on from a saved state, so that it is older than they are. Those that were saved do not run any
 * more, even if their containers do; those of a later start count from the moment they were seen Ready. Without a state
 * folder nobody can tell that, and what runs is left alone.
 * @param file what the state folder says
 */
function isUsedUp(
  { record }: Snapshot,
  containers: readonly ContainerInfo[],
  file: RigState | undefined,
): boolean {
  if (file?.stopped === true) return false;
  const later = containers.filter(
    ({ labels }) => labels[LABEL.node] !== undefined && labels[LABEL.run] !== record.state.run,
  );
  if (file === undefined) return later.some(({ state }) => state === 'running');
  return file.readyAt !== undefined && later.some(({ labels }) => labels[LABEL.run] === file.run);
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

/**
 * @throws GocliError NOT_FOUND when the cluster's start did not get as far as its state, or when it is that of another
 * user
 */
export function requireState(found: FoundRig): RigState {
  if (found.state !== undefined) return found.state;
  if (isWhole(found)) {
    throw new GocliError('NOT_FOUND', `cluster "${found.name}" runs, but its keys are not here`, {
      hint: ELSEWHERE,
    });
  }
  throw new GocliError('NOT_FOUND', `cluster "${found.name}" was not started completely`, {
    hint: `Remove what is left of it: ${gocliCommand('rm', found.name)}`,
  });
}

/** What to do with a cluster that runs and of which the state folder knows nothing. */
export const ELSEWHERE =
  'It was started by another user or with another HOME (sudo?), and can be used from there; or its start is not over yet.';

/** Whether network, registry and at least one machine run. */
export function isWhole({ containers }: FoundRig): boolean {
  const roles = containers.map(({ labels }) => labels[LABEL.role]);
  const whole = ['dnsmasq', 'registry', 'node'].every((role) => roles.includes(role));
  return whole && containers.every(({ state }) => state === 'running');
}

/** @throws GocliError NOT_READY, with what to type, when the cluster is stopped or paused */
export function requireAwake(state: RigState | undefined): void {
  if (state?.stopped === true) {
    throw new GocliError('NOT_READY', `cluster "${state.name}" is stopped`, {
      hint: `Type: ${gocliCommand('start', state.name)}`,
    });
  }
  if (state?.paused === true) {
    throw new GocliError('NOT_READY', `cluster "${state.name}" is paused`, {
      hint: `Type: ${gocliCommand('resume', state.name)}`,
    });
  }
}

/** The container of a node. @throws GocliError NOT_FOUND */
export function nodeOf(found: FoundRig, node: string): ContainerInfo {
  const container = found.containers.find(({ labels }) => labels[LABEL.node] === node);
  if (container !== undefined) return container;
  throw new GocliError('NOT_FOUND', `cluster "${found.name}" has no container for ${node}`, {
    hint: `Type: ${gocliCommand('status', found.name)}`,
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
