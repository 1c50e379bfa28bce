import { GocliError, messageOf } from '../errors/error.ts';
import { Failures } from '../errors/several.ts';
import { sweepTemplates } from '../frozen/templates.ts';
import { removeUnusedVolume } from '../place/keeper.ts';
import { removeSavedFiles, removeSnapshotKeeper } from './snapshot/snapshots.ts';
import { restoreSnapshots } from './snapshot/restore-keepers.ts';
import { snapshotsAmong, type Snapshot } from './snapshot/list.ts';
import { LABEL } from '../place/labels.ts';
import type { Docker, Labels } from '../place/interface.ts';
import { gocliCommand } from '../shared/command.ts';
import { allOf } from '../shared/all.ts';
import { lookUp, renamedTo } from './find.ts';
import type { Identity } from './identity.ts';
import { idsOf, listRigs, type Listing } from './listing.ts';
import { machinesVolume } from './names.ts';
import { emptyUnlessKept, keptAmong, type KeptRegistry } from './kept-registry.ts';
import { settling as decide, type Settled } from './settle-registry.ts';
import { removeState, stateNames } from './state.ts';
import type { RigDeps } from './deps.ts';

export interface Removed {
  readonly containers: number;
  readonly volumes: number;
}

const nothing: Removed = { containers: 0, volumes: 0 };

/** What went with a cluster; of one that was not there nothing. */
export interface RigRemains extends Removed {
  readonly state: boolean;
  /** Names of its snapshots, which stay. */
  readonly snapshots: readonly string[];
  /** What it is called now, when nothing went but what was left here of the name that it had before. */
  readonly calledNow?: string;
  /** What its registry stored, where that is kept for the next of its name, or was until now; null otherwise. */
  readonly registry: Settled | null;
}

/** What of a rig stays. */
export interface Keeping {
  /** What its registry stores, for the next rig of that name. */
  readonly registry?: boolean | undefined;
}

/**
 * Removes a cluster: containers, volumes, state, and what it was saved as when it was stopped. What was kept of the
 * registry of one before goes where nothing else is there, or when this one had it. Removing what is not there is not an error.
 * @throws GocliError when something could not be removed; all that could be is. When its snapshots cannot be listed, or
 * what is to stay cannot be kept, nothing is.
 */
export async function removeRig(
  name: string,
  deps: Pick<RigDeps, 'docker' | 'paths' | 'signal' | 'clock' | 'run' | 'version'>,
  keeping: Keeping = {},
): Promise<RigRemains> {
  const { docker, paths } = deps;
  const { id, listing } = await whatHas(name, deps);
  const calledNow = id === undefined ? await renamedTo(name, deps) : undefined;
  const { snapshots, before } =
    id === undefined ? { snapshots: [], before: [] } : await allSnapshots({ id, name }, listing, docker);
  const stopped = snapshots.filter(({ record }) => record.kind === 'stopped');
  const kept = snapshots.filter((snapshot) => !stopped.includes(snapshot));
  const settling =
    id === undefined
      ? undefined
      : await decide({ rig: { id, name }, listing, stopped, before }, keeping.registry === true, deps);
  const stays = kept.length > 0 || settling?.stays === true;
  const image = stays ? await imageToRemove(stopped, docker) : undefined;
  const registry = (await settling?.settle()) ?? null;
  const failures = new Failures();
  // The volume stays for them; these files have no use, and without the keeper nobody would find them.
  await failures.parts(stopped, async (snapshot) => {
    if (image !== undefined && (kept.length > 0 || registry?.kept === true))
      await removeSavedFiles(snapshot.record, deps, image);
    if (snapshot.waits !== true) await removeSnapshotKeeper(docker, snapshot);
  });
  const [holding] = kept;
  if (id !== undefined && registry?.kept === false && holding !== undefined) {
    const { imageId } = holding.record.state.plan.host;
    await failures.part(() => emptyUnlessKept({ id, name }, imageId, deps));
  }
  const removed = await failures.part(async () =>
    id === undefined ? nothing : await removeLabelled(docker, { [LABEL.cluster]: id }),
  );
  const state = await failures.part(async () => {
    const there = (await stateNames(paths)).includes(name);
    await removeState(paths, name);
    return there;
  });
  // Unfinished templates go with the clusters that were the last to use them.
  await failures.part(() => sweepTemplates(deps));
  failures.throw(() => `cluster ${name} was not removed completely`);
  return {
    ...nothing,
    ...removed,
    state: state === true,
    snapshots: kept.map((snapshot) => snapshot.name),
    registry,
    ...(calledNow === undefined ? {} : { calledNow }),
  };
}

/** The id of what has a name, and what was listed then. What is damaged can be removed all the same. */
async function whatHas(
  name: string,
  { docker, paths }: Pick<RigDeps, 'docker' | 'paths'>,
): Promise<{ readonly id: string | undefined; readonly listing: Listing }> {
  const listing = await listRigs(docker);
  const [id] = idsOf(name, listing);
  // Volumes alone are looked into when they need not be its own.
  return id === undefined || listing.names.has(id) ? { id, listing } : lookUp(docker, paths, name);
}

/**
 * The snapshots of a rig, and what was kept of a registry before: what `docker container prune` took from the list is no
 * less there.
 * @throws GocliError IMAGE_MISSING
 */
async function allSnapshots(
  { id, name }: Identity,
  listing: Listing,
  docker: Docker,
): Promise<{ readonly snapshots: Snapshot[]; readonly before: KeptRegistry[] }> {
  const { made, waiting } = await restoreSnapshots(docker, id, listing);
  refuseToLose(name, waiting);
  const containers = made ? await docker.containers.list({ [LABEL.role]: '' }) : listing.containers;
  return {
    snapshots: [
      ...snapshotsAmong(containers).filter(({ rig }) => rig === id),
      ...waiting.filter(({ record }) => record.kind === 'stopped'),
    ],
    before: keptAmong(containers).filter(({ rig }) => rig === id),
  };
}

/**
 * An image in which the files of a stopped rig can be removed from a volume that stays: else they would be found again.
 * @returns undefined when there are none
 * @throws GocliError IMAGE_MISSING
 */
async function imageToRemove(stopped: readonly Snapshot[], docker: Docker): Promise<string | undefined> {
  const [first] = stopped;
  if (first === undefined) return undefined;
  const { image, imageId, name } = first.record.state.plan.host;
  const images = await docker.images.list({});
  const any =
    images.find(({ id }) => id === imageId) ??
    images.find(({ tags }) => tags.some((tag) => tag.startsWith('gocli/')));
  if (any !== undefined) return any.id;
  throw new GocliError(
    'IMAGE_MISSING',
    `what ${name} was saved as cannot be removed: no image of gocli is left`,
    {
      observed: `its own is gone: ${image}, ${imageId}`,
      hint: `Fetch or load the image of any provider, then try again`,
    },
  );
}

/** Nothing holds the volume that they lie in. @throws GocliError IMAGE_MISSING */
function refuseToLose(rig: string, waiting: readonly Snapshot[]): void {
  const kept = waiting.filter(({ record }) => record.kind === 'snapshot');
  const [first] = kept;
  if (first === undefined) return;
  const { image, imageId } = first.record.state.plan.host;
  const names = kept.map((snapshot) => snapshot.name).join(', ');
  throw new GocliError('IMAGE_MISSING', `snapshots of ${rig} would go with it: ${names}`, {
    observed: `they wait for their image, which is gone: ${image}, ${imageId}`,
    hint: `Fetch or load the image with exactly this id, or remove them first: ${gocliCommand('snapshot rm', rig, first.name)}`,
  });
}

/**
 * Cleans up behind work on a rig, whose own result or error says more than what could not be removed: of that there is
 * a warning.
 */
export async function cleanUpAfter(
  rig: string,
  { emit }: Pick<RigDeps, 'emit'>,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const text = `Not everything could be removed (${messageOf(error)}). Type: ${gocliCommand('rm', rig)}`;
    emit({ type: 'notice', level: 'warning', text });
  }
}

/**
 * Removes everything that carries exactly these labels. All are killed, since nothing in a throw-away cluster is worth
 * a slow shutdown.
 * @throws GocliError when something could not be removed; the rest is
 */
export async function removeLabelled(docker: Docker, labels: Labels): Promise<Removed> {
  const failures = new Failures();
  // Whatever makes containers is over, and so all their volumes are there.
  const listing = failures.part(() => docker.volumes.list(labels));
  const containers = await failures.part(() => removeContainers(docker, labels));
  const volumes = (await listing) ?? [];
  // Snapshots keep the volume that they lie in.
  const gone = await failures.parts(volumes, ({ name }) => removeUnusedVolume(docker, name));
  failures.throw((count) => `${count.toFixed(0)} containers or volumes were not removed`);
  return { containers: containers ?? 0, volumes: gone.filter(Boolean).length };
}

/** Removes the containers of a rig and the disks of its machines; what it stores beside them stays. */
export async function removeMachines(docker: Docker, { id, name }: Identity): Promise<void> {
  await removeContainers(docker, { [LABEL.cluster]: id });
  if (await removeUnusedVolume(docker, machinesVolume(id))) return;
  throw new GocliError('CONFLICT', `the disks of ${name} are in use by another container`, {
    hint: `Look for it: docker ps -a --filter volume=${machinesVolume(id)}. Then try again.`,
  });
}

/**
 * Removes the containers that carry these labels, and leaves their volumes. Returns how many they were.
 * @throws GocliError when one could not be removed; all others are
 */
export async function removeContainers(docker: Docker, labels: Labels): Promise<number> {
  const containers = await docker.containers.list(labels);
  await allOf(containers.map(({ id }) => docker.containers.remove(id)));
  return containers.length;
}
