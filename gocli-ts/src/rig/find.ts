import { GocliError, isCode } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo, Docker } from '../place/interface.ts';
import type { Paths } from '../host/paths.ts';
import { didYouMean } from '../shared/text.ts';
import type { RigDeps } from './deps.ts';
import { stoppedAmong } from './snapshot/list.ts';
import type { RestoredSnapshots } from './snapshot/restore-keepers.ts';
import type { Known, knownOf } from './known.ts';
import { isPooled, isThere, rigOf, situationOf, startedBy, type FoundRig } from './life.ts';
import { bareIds, idsOf, isOfMachines, listRigs, withLeft, type Listing } from './listing.ts';
import { idOfState } from './identity.ts';
import { isAside } from './names.ts';
import { refusal } from './refusal.ts';
import { readState, stateNames, type RigState } from './state.ts';
import { gocliCommand } from '../shared/command.ts';

/** The cluster of that name, or undefined when there is none. @throws GocliError BAD_FILE */
export async function findRig(docker: Docker, paths: Paths, name: string): Promise<FoundRig | undefined> {
  return (await lookUp(docker, paths, name)).found;
}

/** What there is under a name. */
export interface LookedUp {
  readonly found: FoundRig | undefined;
  /** The id of what has the name: of a rig, or of one that was removed and has snapshots. */
  readonly id: string | undefined;
  readonly listing: Listing;
}

/** What is needed to read what is known of a rig. */
type Reading = Pick<RigDeps, 'docker' | 'paths'>;

/** Like {@link findRig}, with what else is to be known of a name. @throws GocliError BAD_FILE */
export async function lookUp(docker: Docker, paths: Paths, name: string): Promise<LookedUp> {
  const deps = { docker, paths };
  const looked = await lookFor(name, await listRigs(docker), deps);
  const { id, listing } = looked;
  if (!['absent', 'lost'].includes(situationOf(looked.found))) return looked;
  // Somebody may have removed the keeper of what it was saved as.
  if (id !== undefined && listing.names.has(id))
    return lookFor(name, await comesBack(listing, docker, id), deps);
  // Of a name that no container bears, what lies in the volumes says whose it is.
  if (bareIds(listing).length === 0) return looked;
  return lookFor(name, await comesBack(listing, docker), deps);
}

/**
 * The list with what was removed from it, or waits for its image; the same when there is no such thing. What it needs is
 * loaded then, which is nearly never.
 */
async function comesBack(listing: Listing, docker: Docker, only?: string): Promise<Listing> {
  const { restoreSnapshots } = await import('./snapshot/restore-keepers.ts');
  const back: RestoredSnapshots = await restoreSnapshots(docker, only, listing);
  return withLeft(back.made ? await listRigs(docker) : listing, back);
}

/** Loaded when there is a rig: a list of none need not wait for it. */
const read: typeof knownOf = async (...request) => (await import('./known.ts')).knownOf(...request);

async function lookFor(name: string, listing: Listing, deps: Reading): Promise<LookedUp> {
  for (const id of idsOf(name, listing)) {
    const { rig, known } = await readRig(id, listing, deps, true);
    if (rig.name !== name) continue;
    // What was saved holds the state, too.
    if (known.error !== undefined && rig.saved === undefined) throw known.error;
    return { found: isThere(rig, known.any) ? rig : undefined, id, listing };
  }
  const state = await readState(deps.paths, name);
  const rig = rigOf({ id: name, name }, [], state, []);
  const isElsewhere = state !== undefined && listing.names.has(idOfState(state));
  const found = isElsewhere || !isThere(rig, false) ? undefined : rig;
  return { found, id: undefined, listing };
}

/** All clusters of this host, by name. */
export async function findRigs(docker: Docker, paths: Paths): Promise<FoundRig[]> {
  const [listing, folders] = await Promise.all([listRigs(docker), stateNames(paths)]);
  const ids = rigsIn(listing);
  // A state folder may tell of one that is stopped, but not where it was saved.
  const bare = bareIds(listing).some((id) => !ids.has(id));
  return readAll(bare ? await comesBack(listing, docker) : listing, folders, { docker, paths });
}

/** Ids of all rigs that there are, or that are stopped. */
function rigsIn({ containers, volumes, waiting }: Listing): Set<string> {
  const ids = new Set([
    ...containers.flatMap(({ labels }) => labels[LABEL.cluster] ?? []),
    ...volumes.filter(isOfMachines).map(({ labels }) => labels[LABEL.cluster] ?? ''),
    ...[...stoppedAmong(containers), ...waiting].map(({ rig }) => rig),
  ]);
  ids.delete('');
  return ids;
}

async function readAll(listing: Listing, folders: readonly string[], deps: Reading): Promise<FoundRig[]> {
  const found = await Promise.all([...rigsIn(listing)].map((id) => readRig(id, listing, deps, false)));
  for (const one of found) throwUnlessDamaged(one.known.error);
  const there = found.filter(({ rig, known: { any } }) => isThere(rig, any)).map(({ rig }) => rig);
  const others = folders.filter((name) => !there.some((one) => one.name === name));
  const here = await Promise.all(others.map((name) => rigInFolder(name, deps.paths)));
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
  deps: Reading,
  copy: boolean,
): Promise<{ readonly rig: FoundRig; readonly known: Known }> {
  const all = listing.containers.filter(({ labels }) => labels[LABEL.cluster] === id);
  const containers = all.filter((one) => !isAside(one));
  const volume = listing.volumes.find((one) => isOfMachines(one) && one.labels[LABEL.cluster] === id);
  const known = await read({ id, name: listing.names.get(id), containers, volume }, deps, copy);
  const saves = [...stoppedAmong(listing.containers), ...listing.waiting].filter(({ rig }) => rig === id);
  const rig = rigOf({ id, name: known.name }, containers, known.state, saves);
  const aside = all.filter(isAside);
  return { rig: aside.length === 0 ? rig : { ...rig, aside }, known };
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
  const rigs = await findRigs(docker, paths);
  const remembered = await readState(paths, name).catch(() => undefined);
  const now = nameNow(remembered, rigs);
  if (now !== undefined) {
    throw new GocliError('NOT_FOUND', `there is no cluster "${name}": it is called "${now}" now`, {
      hint: `What is left here of the old name follows with: gocli rename ${name} ${now}`,
    });
  }
  const names = rigs.filter((one) => !isPooled(one)).map((cluster) => cluster.name);
  const { keptRegistries, keptWords } = await import('./kept-registry.ts');
  const kept = (await keptRegistries(docker, rigs)).find((one) => one.name === name);
  const removed = remembered === undefined ? undefined : REMOVED;
  throw new GocliError('NOT_FOUND', `there is no cluster "${name}".${didYouMean(name, names)}`, {
    observed: kept === undefined ? removed : keptWords(kept),
    hint:
      names.length === 0 ? 'No cluster exists. Type: gocli run <provider>' : `Clusters: ${names.join(', ')}`,
  });
}

/** What a rig is called now of which only the copy in a state folder is left under a name: it was renamed elsewhere, or not to the end. */
export async function renamedTo(name: string, { docker, paths }: Reading): Promise<string | undefined> {
  const copy = await readState(paths, name).catch(() => undefined);
  return copy === undefined ? undefined : nameNow(copy, await findRigs(docker, paths));
}

/** A later rig may have the same id. */
function nameNow(copy: RigState | undefined, rigs: readonly FoundRig[]): string | undefined {
  if (copy === undefined) return undefined;
  const others = rigs.filter(({ name }) => name !== copy.name);
  return others.find(({ id, state }) => id === idOfState(copy) && state?.createdAt === copy.createdAt)?.name;
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
