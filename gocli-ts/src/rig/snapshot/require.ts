import { GocliError } from '../../errors/error.ts';
import { LABEL } from '../../place/labels.ts';
import type { Docker } from '../../place/interface.ts';
import { gocliCommand } from '../../shared/command.ts';
import { didYouMean } from '../../shared/text.ts';
import { rigNames } from '../identity.ts';
import { restoreSnapshots } from './restore-keepers.ts';
import { listSnapshots, snapshotsAmong, type Snapshot } from './list.ts';

/**
 * The snapshots that a user made of a cluster, or of all; the oldest first. What `docker container prune` took from the
 * list comes back to it when what is there does not do.
 */
export async function userSnapshots(
  docker: Docker,
  cluster: string | undefined,
  does: (snapshots: readonly Snapshot[]) => boolean = (snapshots) => snapshots.length > 0,
): Promise<Snapshot[]> {
  return (await lookFor(docker, cluster, does)).there;
}

/** Those that are there, be it that they wait for their image, and those that are lost. */
async function lookFor(
  docker: Docker,
  cluster: string | undefined,
  does: (snapshots: readonly Snapshot[]) => boolean,
): Promise<{ readonly there: Snapshot[]; readonly gone: readonly Snapshot[] }> {
  const own = (snapshots: readonly Snapshot[]): Snapshot[] =>
    snapshots.filter(
      (one) => one.record.kind === 'snapshot' && (cluster === undefined || one.cluster === cluster),
    );
  const containers = await docker.containers.list({ [LABEL.role]: '' });
  const found = own(snapshotsAmong(containers));
  if (does(found)) return { there: found, gone: [] };
  // Those of the rig of that name; when no container bears it, those of all rigs of which nothing else is left.
  const [id] = [...rigNames(containers)].find(([, name]) => name === cluster) ?? [];
  const { made, waiting, gone } = await restoreSnapshots(docker, id);
  const there = [...(made ? own(await listSnapshots(docker)) : found), ...own(waiting)];
  there.sort((a, b) => a.record.createdAt - b.record.createdAt);
  return { there, gone: own(gone) };
}

/** @throws GocliError NOT_FOUND with the names that exist, USAGE when several clusters have one of that name */
export async function requireSnapshot(docker: Docker, name: string, cluster?: string): Promise<Snapshot> {
  const { there: all, gone } = await lookFor(docker, cluster, (snapshots) =>
    snapshots.some((one) => one.name === name),
  );
  const found = all.filter((snapshot) => snapshot.name === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only !== undefined) {
    throw new GocliError('USAGE', `several clusters have a snapshot "${name}"`, {
      hint: `Name the cluster with --name: ${found.map((one) => one.cluster).join(', ')}`,
    });
  }
  const lost = gone.find((snapshot) => snapshot.name === name);
  if (lost !== undefined) {
    const observed = `it lies over template ${lost.record.state.template ?? ''}, whose volume was removed (docker volume prune)`;
    throw new GocliError('NOT_FOUND', `snapshot "${name}" of ${lost.cluster} is lost`, {
      observed,
      hint: `Remove what is left of it with the cluster: ${gocliCommand('rm', lost.cluster)}`,
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
