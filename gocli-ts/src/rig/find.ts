import { GocliError, isCode } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo, Docker } from '../place/port.ts';
import type { Paths } from '../host/paths.ts';
import { didYouMean } from '../shared/text.ts';
import { stoppedSaves, type Snapshot } from './snapshot/list.ts';
import { holderOf } from './holder.ts';
import { currentState } from './keep-state.ts';
import { stateNames, type RigState } from './state.ts';
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
export type RigPhase = 'starting' | 'running' | 'paused' | 'stopped' | 'halted' | 'broken';

export function phaseOf(found: FoundRig): RigPhase {
  const { containers, state } = found;
  if (state?.stopped === true) return 'stopped';
  if (isHalted(found)) return 'halted';
  if (containers.length === 0 || containers.some((one) => one.state !== 'running')) return 'broken';
  if (state?.paused === true) return 'paused';
  const isOther = containers.some(({ labels }) => labels[LABEL.run] !== state?.run);
  return state?.readyAt === undefined || isOther ? 'starting' : 'running';
}

/** Whether the machines of a cluster ended, so that they can be booted from their disks. */
export function canBoot({ containers, state }: FoundRig): boolean {
  // A record is there from the moment that a cluster was first Ready.
  if (state?.revision === undefined) return false;
  return !containers.some((one) => one.labels[LABEL.node] !== undefined && one.state === 'running');
}

/** Whether nothing of it runs: the host or the daemon was started anew, or somebody stopped the containers. */
export function isHalted(found: FoundRig): boolean {
  return canBoot(found) && !found.containers.some(({ state }) => state === 'running');
}

/** The cluster of that name, or undefined when there is none. @throws GocliError BAD_FILE */
export async function findRig(docker: Docker, paths: Paths, name: string): Promise<FoundRig | undefined> {
  const found = await lookFor(docker, paths, name);
  const isLost = found === undefined || (found.state?.stopped === true && found.saved === undefined);
  // Somebody may have removed the keeper of what it was saved as.
  return isLost && (await comesBack(docker, name)) ? lookFor(docker, paths, name) : found;
}

/** Loaded when it is needed, which is nearly never. */
async function comesBack(docker: Docker, name?: string): Promise<boolean> {
  const { restoreSnapshots } = await import('./snapshot/restore-keepers.ts');
  return restoreSnapshots(docker, name);
}

async function lookFor(docker: Docker, paths: Paths, name: string): Promise<FoundRig | undefined> {
  const [containers, saves] = await Promise.all([
    docker.containers.list({ [LABEL.cluster]: name }),
    stoppedSaves(docker, name),
  ]);
  await using holder = await holderOf(name, containers, docker);
  const known = await currentState(name, holder.container, { docker, paths }, true).catch(
    (error: unknown) => ({ error }),
  );
  const damaged = known !== undefined && 'error' in known;
  const found = rigOf(name, containers, damaged ? undefined : known, saves);
  // What was saved holds the state, too.
  if (damaged && found.saved === undefined) throw known.error;
  return isThere(found, holder.any) ? found : undefined;
}

/** All clusters of this host, by name. */
export async function findRigs(docker: Docker, paths: Paths): Promise<FoundRig[]> {
  const [containers, folders, saves, volumes] = await Promise.all([
    docker.containers.list({ [LABEL.cluster]: '' }),
    stateNames(paths),
    stoppedSaves(docker),
    docker.volumes.list({ [LABEL.cluster]: '' }),
  ]);
  const ofMachines = volumes.filter(({ labels }) => labels[LABEL.role] === 'machines');
  const labelled = [...containers, ...ofMachines].map(({ labels }) => labels[LABEL.cluster] ?? '');
  const all = new Set([...folders, ...labelled, ...saves.map(({ cluster }) => cluster)]);
  all.delete('');
  const bare = volumes.some(({ labels }) => !all.has(labels[LABEL.cluster] ?? ''));
  if (bare && (await comesBack(docker))) return findRigs(docker, paths);
  const found = await Promise.all(
    [...all].sort().map(async (name) => {
      const own = containers.filter(({ labels }) => labels[LABEL.cluster] === name);
      await using holder = await holderOf(name, own, docker);
      const known = await currentState(name, holder.container, { docker, paths }, false).catch(
        noneWhenDamaged,
      );
      const saved = saves.filter(({ cluster }) => cluster === name);
      const rig = rigOf(name, own, known, saved);
      const unknown = known === undefined && folders.includes(name);
      return unknown || isThere(rig, holder.any) ? [rig] : [];
    }),
  );
  return found.flat();
}

/** A state folder that is a copy of a record outlives its rig when somebody else removes that. */
function isThere({ state, saved }: FoundRig, any: boolean): boolean {
  if (any || saved !== undefined) return true;
  return state !== undefined && state.revision === undefined;
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
  // The record goes with the machines that were saved, so this is that of others.
  if (file.revision !== undefined && file.readyAt !== undefined && file.run !== record.state.run) return true;
  return file.readyAt !== undefined && later.some(({ labels }) => labels[LABEL.run] === file.run);
}

/** One bad file must not hide the other clusters; what is done with this one says what to type. */
function noneWhenDamaged(error: unknown): undefined {
  if (!isCode(error, 'BAD_FILE') && !isCode(error, 'FILE')) throw error;
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

/** @throws GocliError NOT_READY, with what to type, when the cluster is stopped, halted or paused */
export function requireAwake(found: FoundRig): void {
  const { state, name } = found;
  if (state?.stopped === true) {
    throw new GocliError('NOT_READY', `cluster "${state.name}" is stopped`, {
      hint: `Type: ${gocliCommand('start', state.name)}`,
    });
  }
  if (isHalted(found)) {
    throw new GocliError('NOT_READY', `the machines of cluster "${name}" do not run`, {
      observed:
        'they ended with their containers: the host or Docker was started anew, or somebody stopped them',
      hint: `Boot them from their disks: ${gocliCommand('start', name)}`,
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
