import { GocliError } from '../../errors/error.ts';
import { LABEL } from '../../place/labels.ts';
import type { Docker } from '../../place/port.ts';
import { gocliCommand } from '../../shared/command.ts';
import { didYouMean } from '../../shared/text.ts';
import { rigNames } from '../identity.ts';
import { restoreSnapshots } from './restore-keepers.ts';
import { listSnapshots, type Snapshot } from './list.ts';

/**
 * The snapshots that a user made of a cluster, or of all; the oldest first. What `docker container prune` took from the
 * list comes back to it when what is there does not do.
 */
export async function userSnapshots(
  docker: Docker,
  cluster: string | undefined,
  does: (snapshots: readonly Snapshot[]) => boolean = (snapshots) => snapshots.length > 0,
): Promise<Snapshot[]> {
  const list = async (): Promise<Snapshot[]> =>
    (await listSnapshots(docker)).filter(
      (one) => one.record.kind === 'snapshot' && (cluster === undefined || one.cluster === cluster),
    );
  const found = await list();
  return does(found) || !(await restoreLost(docker, cluster)) ? found : list();
}

/** Those of the rig of that name; when no container bears it, those of all rigs of which nothing else is left. */
async function restoreLost(docker: Docker, cluster: string | undefined): Promise<boolean> {
  if (cluster === undefined) return restoreSnapshots(docker);
  const names = rigNames(await docker.containers.list({ [LABEL.role]: '' }));
  const [id] = [...names].find(([, name]) => name === cluster) ?? [];
  return restoreSnapshots(docker, id);
}

/** @throws GocliError NOT_FOUND with the names that exist, USAGE when several clusters have one of that name */
export async function requireSnapshot(docker: Docker, name: string, cluster?: string): Promise<Snapshot> {
  const all = await userSnapshots(docker, cluster, (snapshots) => snapshots.some((one) => one.name === name));
  const found = all.filter((snapshot) => snapshot.name === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only !== undefined) {
    throw new GocliError('USAGE', `several clusters have a snapshot "${name}"`, {
      hint: `Name the cluster with --name: ${found.map((one) => one.cluster).join(', ')}`,
    });
  }
  const names = all.map((snapshot) => snapshot.name);
  throw new GocliError('NOT_FOUND', `there is no snapshot "${name}".${didYouMean(name, names)}`, {
    hint:
      names.length === 0
        ? `There is none. Make one: ${gocliCommand('snapshot create', cluster, 'NAME')}`
        : `Snapshots: ${names.join(', ')}`,
  });
}
