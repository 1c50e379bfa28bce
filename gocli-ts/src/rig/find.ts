import { GocliError, isCode } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo, Docker } from '../place/port.ts';
import type { Paths } from '../host/paths.ts';
import { didYouMean } from '../shared/text.ts';
import type { RigDeps } from './deps.ts';
import { stoppedAmong } from './snapshot/list.ts';
import type { Known, knownOf } from './known.ts';
import { isThere, rigOf, situationOf, type FoundRig } from './life.ts';
import { bareIds, idsOf, isOfMachines, listRigs, type Listing } from './listing.ts';
import { idOfState } from './identity.ts';
import { refusal } from './refusal.ts';
import { readState, stateNames, type RigState } from './state.ts';
import { gocliCommand } from '../shared/command.ts';

/** The cluster of that name, or undefined when there is none. @throws GocliError BAD_FILE */
export async function findRig(docker: Docker, paths: Paths, name: string): Promise<FoundRig | undefined> {
  return (await lookUp(docker, paths, name)).found;
}

/** What there is under a name. */
interface LookedUp {
  readonly found: FoundRig | undefined;
  /** The id of what has the name: of a rig, or of one that was removed and has snapshots. */
  readonly id: string | undefined;
  readonly listing: Listing;
}

/** Like {@link findRig}, with what else is to be known of a name. @throws GocliError BAD_FILE */
export async function lookUp(docker: Docker, paths: Paths, name: string): Promise<LookedUp> {
  const looked = await lookFor(docker, paths, name);
  const isLost = ['absent', 'lost'].includes(situationOf(looked.found));
  // Somebody may have removed the keeper of what it was saved as.
  return isLost && (await comesBack(docker, looked)) ? lookFor(docker, paths, name) : looked;
}

/** Loaded when it is needed, which is nearly never. */
async function comesBack(
  docker: Docker,
  { id, listing }: Pick<LookedUp, 'id' | 'listing'>,
): Promise<boolean> {
  if (id === undefined && bareIds(listing).length === 0) return false;
  const { restoreSnapshots } = await import('./snapshot/restore-keepers.ts');
  return restoreSnapshots(docker, id);
}

/** Loaded when there is a rig: a list of none need not wait for it. */
const read: typeof knownOf = async (...request) => (await import('./known.ts')).knownOf(...request);

async function lookFor(docker: Docker, paths: Paths, name: string): Promise<LookedUp> {
  const listing = await listRigs(docker);
  for (const id of idsOf(name, listing)) {
    const { rig, known } = await readRig(id, listing, { docker, paths }, true);
    if (rig.name !== name) continue;
    // What was saved holds the state, too.
    if (known.error !== undefined && rig.saved === undefined) throw known.error;
    return { found: isThere(rig, known.any) ? rig : undefined, id, listing };
  }
  const state = await readState(paths, name);
  const rig = rigOf({ id: name, name }, [], state, []);
  const isElsewhere = state !== undefined && listing.names.has(idOfState(state));
  const found = isElsewhere || !isThere(rig, false) ? undefined : rig;
  return { found, id: undefined, listing };
}

/** All clusters of this host, by name. */
export async function findRigs(docker: Docker, paths: Paths): Promise<FoundRig[]> {
  const [listing, folders] = await Promise.all([listRigs(docker), stateNames(paths)]);
  const ids = new Set([
    ...listing.containers.flatMap(({ labels }) => labels[LABEL.cluster] ?? []),
    ...listing.volumes.filter(isOfMachines).map(({ labels }) => labels[LABEL.cluster] ?? ''),
    ...stoppedAmong(listing.containers).map(({ rig }) => rig),
  ]);
  ids.delete('');
  const known = new Set([...ids, ...folders]);
  const bare = listing.volumes.some(({ labels }) => !known.has(labels[LABEL.cluster] ?? ''));
  if (bare && (await comesBack(docker, { id: undefined, listing }))) return findRigs(docker, paths);
  const found = await Promise.all([...ids].map((id) => readRig(id, listing, { docker, paths }, false)));
  for (const one of found) throwUnlessDamaged(one.known.error);
  const there = found.filter(({ rig, known: { any } }) => isThere(rig, any)).map(({ rig }) => rig);
  const others = folders.filter((name) => !there.some((one) => one.name === name));
  const here = await Promise.all(others.map((name) => rigInFolder(name, paths)));
  const isElsewhere = ({ state }: FoundRig): boolean =>
    state !== undefined && there.some(({ id }) => id === idOfState(state));
  return [...there, ...here.flat().filter((rig) => !isElsewhere(rig))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

/** A rig of which there is nothing but a state folder: of a version before records, or whose start was killed. */
async function rigInFolder(name: string, paths: Paths): Promise<FoundRig[]> {
  const identity = { id: name, name };
  try {
    const rig = rigOf(identity, [], await readState(paths, name), []);
    return rig.state === undefined || isThere(rig, false) ? [rig] : [];
  } catch (error) {
    throwUnlessDamaged(error as Error);
    return [rigOf(identity, [], undefined, [])];
  }
}

async function readRig(
  id: string,
  listing: Listing,
  deps: Pick<RigDeps, 'docker' | 'paths'>,
  copy: boolean,
): Promise<{ readonly rig: FoundRig; readonly known: Known }> {
  const containers = listing.containers.filter(({ labels }) => labels[LABEL.cluster] === id);
  const volume = listing.volumes.find((one) => isOfMachines(one) && one.labels[LABEL.cluster] === id);
  const known = await read({ id, name: listing.names.get(id), containers, volume }, deps, copy);
  const saves = stoppedAmong(listing.containers).filter(({ rig }) => rig === id);
  return { rig: rigOf({ id, name: known.name }, containers, known.state, saves), known };
}

/** One bad file must not hide the other clusters; what is done with this one says what to type. */
function throwUnlessDamaged(error: Error | undefined): void {
  if (error !== undefined && !isCode(error, 'BAD_FILE') && !isCode(error, 'FILE')) throw error;
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

/** @throws GocliError NOT_FOUND when nothing is known of the rig, but that something of it is there */
export function requireState(found: FoundRig): RigState {
  if (found.state !== undefined) return found.state;
  throw refusal(situationOf(found), 'use', found.name, undefined);
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
