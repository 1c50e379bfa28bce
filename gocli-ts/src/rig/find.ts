import { GocliError, isCode } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo, Docker } from '../place/port.ts';
import type { Paths } from '../host/paths.ts';
import { didYouMean } from '../shared/text.ts';
import { stoppedAmong, stoppedSaves, type Snapshot } from './snapshot/list.ts';
import type { RestoredSnapshots } from './snapshot/restore-keepers.ts';
import type { knownOf } from './known.ts';
import { isThere, rigOf, situationOf, startedBy, type FoundRig } from './life.ts';
import { refusal } from './refusal.ts';
import { readState, stateNames, type RigState } from './state.ts';
import { gocliCommand } from '../shared/command.ts';

/** The cluster of that name, or undefined when there is none. @throws GocliError BAD_FILE */
export async function findRig(docker: Docker, paths: Paths, name: string): Promise<FoundRig | undefined> {
  const found = await lookFor(docker, paths, name);
  const isLost = ['absent', 'lost'].includes(situationOf(found));
  if (!isLost) return found;
  // Somebody may have removed the keeper of what it was saved as.
  const { made, waiting } = await comesBack(docker, name);
  if (made) return lookFor(docker, paths, name);
  const saves = waiting.filter(({ record }) => record.kind === 'stopped');
  return saves.length === 0 ? found : rigOf(name, found?.containers ?? [], found?.state, saves);
}

/** Loaded when it is needed, which is nearly never. */
async function comesBack(docker: Docker, name?: string): Promise<RestoredSnapshots> {
  const { restoreSnapshots } = await import('./snapshot/restore-keepers.ts');
  return restoreSnapshots(docker, name);
}

/** Loaded when there is a rig: a list of none need not wait for it. */
const read: typeof knownOf = async (...request) => (await import('./known.ts')).knownOf(...request);

async function lookFor(docker: Docker, paths: Paths, name: string): Promise<FoundRig | undefined> {
  const [containers, saves] = await Promise.all([
    docker.containers.list({ [LABEL.cluster]: name }),
    stoppedSaves(docker, name),
  ]);
  const known = await read(name, containers, { docker, paths }, true);
  const found = rigOf(name, containers, known.state, saves);
  // What was saved holds the state, too.
  if (known.error !== undefined && found.saved === undefined) throw known.error;
  return isThere(found, known.any) ? found : undefined;
}

/** All clusters of this host, by name. */
export function findRigs(docker: Docker, paths: Paths): Promise<FoundRig[]> {
  return listRigs(docker, paths, undefined);
}

/** @param waiting stopped clusters that nothing but their volumes tells of; undefined when that was not looked for */
async function listRigs(
  docker: Docker,
  paths: Paths,
  waiting: readonly Snapshot[] | undefined,
): Promise<FoundRig[]> {
  const [ours, folders, volumes] = await Promise.all([
    // All containers have a role: one request for those of rigs and for keepers.
    docker.containers.list({ [LABEL.role]: '' }),
    stateNames(paths),
    docker.volumes.list({ [LABEL.cluster]: '' }),
  ]);
  const containers = ours.filter(({ labels }) => labels[LABEL.cluster] !== undefined);
  const saves = [...stoppedAmong(ours), ...(waiting ?? [])];
  const ofMachines = volumes.filter(({ labels }) => labels[LABEL.role] === 'machines');
  const labelled = [...containers, ...ofMachines].map(({ labels }) => labels[LABEL.cluster] ?? '');
  const all = new Set([...folders, ...labelled, ...saves.map(({ cluster }) => cluster)]);
  all.delete('');
  // A state folder may tell of one that is stopped, but not where it was saved.
  const kept = new Set([...labelled, ...saves.map(({ cluster }) => cluster)]);
  const bare = volumes.some(({ labels }) => !kept.has(labels[LABEL.cluster] ?? ''));
  if (bare && waiting === undefined) {
    const back = await comesBack(docker);
    const stopped = back.waiting.filter(({ record }) => record.kind === 'stopped');
    if (back.made || stopped.length > 0) return listRigs(docker, paths, stopped);
  }
  const found = await Promise.all(
    [...all].sort().map(async (name) => {
      const own = containers.filter(({ labels }) => labels[LABEL.cluster] === name);
      const known = await read(name, own, { docker, paths }, false);
      throwUnlessDamaged(known.error);
      const saved = saves.filter(({ cluster }) => cluster === name);
      const rig = rigOf(name, own, known.state, saved);
      const unknown = known.state === undefined && folders.includes(name);
      return unknown || isThere(rig, known.any) ? [rig] : [];
    }),
  );
  return found.flat();
}

/** One bad file must not hide the other clusters; what is done with this one says what to type. */
function throwUnlessDamaged(error: Error | undefined): void {
  if (error !== undefined && !isCode(error, 'BAD_FILE') && !isCode(error, 'FILE')) throw error;
}

/** Of one that only a state folder tells of. */
const REMOVED =
  'there was one, but its containers and volumes were removed: by another user of gocli, by docker volume prune, or by docker system prune --volumes';

/** @throws GocliError NOT_FOUND, with the names that exist */
export async function requireRig(docker: Docker, paths: Paths, name: string): Promise<FoundRig> {
  const found = await findRig(docker, paths, name);
  if (found !== undefined) return found;
  const names = (await findRigs(docker, paths)).map((cluster) => cluster.name);
  const remembered = await readState(paths, name).catch(() => undefined);
  throw new GocliError('NOT_FOUND', `there is no cluster "${name}".${didYouMean(name, names)}`, {
    observed: remembered === undefined ? undefined : REMOVED,
    hint:
      names.length === 0 ? 'No cluster exists. Type: gocli run <provider>' : `Clusters: ${names.join(', ')}`,
  });
}

/** @throws GocliError NOT_FOUND when nothing is known of the rig, but that something of it is there */
export function requireState(found: FoundRig): RigState {
  if (found.state !== undefined) return found.state;
  throw refusal(situationOf(found), 'use', found.name, undefined, startedBy(found));
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
