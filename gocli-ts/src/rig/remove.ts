import { GocliError } from '../errors/error.ts';
import { sweepTemplates } from '../frozen/templates.ts';
import { removeUnusedVolume } from '../place/keeper.ts';
import { removeSavedFiles } from './snapshot/snapshots.ts';
import { restoreSnapshots } from './snapshot/restore-keepers.ts';
import { listSnapshots } from './snapshot/list.ts';
import { LABEL } from '../place/labels.ts';
import type { Docker, Labels } from '../place/port.ts';
import { machinesVolume } from './names.ts';
import { removeState, stateNames } from './state.ts';
import type { RigDeps } from './deps.ts';

export interface Removed {
  readonly containers: number;
  readonly volumes: number;
}

/** What went with a cluster; of one that was not there nothing. */
export interface RigRemains extends Removed {
  readonly state: boolean;
  /** Names of its snapshots, which stay. */
  readonly snapshots: readonly string[];
}

/**
 * Removes a cluster: containers, volumes, state, and what it was saved as when it was stopped. Removing what is not
 * there is not an error.
 * @throws GocliError when something could not be removed; the rest is
 */
export async function removeRig(
  name: string,
  deps: Pick<RigDeps, 'docker' | 'paths' | 'signal' | 'clock' | 'run'>,
): Promise<RigRemains> {
  const { docker, paths } = deps;
  // What `docker container prune` took from the list is no less a snapshot.
  await restoreSnapshots(docker, name);
  const snapshots = await listSnapshots(docker, name);
  const stopped = snapshots.filter(({ record }) => record.kind === 'stopped');
  // The volume stays for the snapshots; these files have no use, and nobody would find them.
  const freeing =
    stopped.length === snapshots.length ? [] : stopped.map(({ record }) => removeSavedFiles(record, deps));
  await Promise.allSettled(freeing);
  await Promise.all(stopped.map(({ keeper }) => docker.containers.remove(keeper)));
  const removed = await removeLabelled(docker, { [LABEL.cluster]: name });
  const state = (await stateNames(paths)).includes(name);
  await removeState(paths, name);
  const kept = snapshots.filter((snapshot) => !stopped.includes(snapshot));
  // Unfinished templates go with the clusters that were the last to use them.
  await sweepTemplates(deps);
  await Promise.all(freeing);
  return { ...removed, state, snapshots: kept.map((snapshot) => snapshot.name) };
}

/**
 * Removes everything that carries exactly these labels. All are killed, since nothing in a throw-away cluster is worth
 * a slow shutdown.
 */
export async function removeLabelled(docker: Docker, labels: Labels): Promise<Removed> {
  const containers = await removeContainers(docker, labels);
  const volumes = await docker.volumes.list(labels);
  // Snapshots keep the volume that they lie in.
  const gone = await Promise.all(volumes.map(({ name }) => removeUnusedVolume(docker, name)));
  return { containers, volumes: gone.filter(Boolean).length };
}

/** Removes the containers of a rig and the disks of its machines; what it stores beside them stays. */
export async function removeMachines(docker: Docker, rig: string): Promise<void> {
  await removeContainers(docker, { [LABEL.cluster]: rig });
  if (await removeUnusedVolume(docker, machinesVolume(rig))) return;
  throw new GocliError('CONFLICT', `the disks of ${rig} are in use by another container`, {
    hint: `Look for it: docker ps -a --filter volume=${machinesVolume(rig)}. Then try again.`,
  });
}

/** Removes the containers that carry these labels, and leaves their volumes. Returns how many they were. */
export async function removeContainers(docker: Docker, labels: Labels): Promise<number> {
  const containers = await docker.containers.list(labels);
  await Promise.all(containers.map(({ id }) => docker.containers.remove(id)));
  return containers.length;
}
