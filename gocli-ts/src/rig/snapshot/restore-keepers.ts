import { restoreKeepers, rigsAmong, type Keeper } from '../../place/keeper.ts';
import { LABEL } from '../../place/labels.ts';
import { readerImage } from '../../place/reader-image.ts';
import type { ContainerInfo, Docker } from '../../place/port.ts';
import { snapshotFolder, snapshotOf, snapshotsAmong, type Snapshot } from './list.ts';

/** What was found of snapshots and stopped clusters whose keepers `docker container prune` removed. */
export interface RestoredSnapshots {
  /** Whether one is listed again. */
  readonly made: boolean;
  /** Those that were listed before. */
  readonly listed: readonly Snapshot[];
  /** Those whose image is gone, too (`docker system prune -a`): with it they are listed again. */
  readonly waiting: readonly Snapshot[];
  /** Those that are lost: the volume of the template below them was removed. */
  readonly gone: readonly Snapshot[];
}

/**
 * Makes the keepers of snapshots and of stopped clusters anew that `docker container prune` removed.
 * @param cluster only those of that one
 */
export async function restoreSnapshots(docker: Docker, cluster?: string): Promise<RestoredSnapshots> {
  const own = { [LABEL.role]: 'data', ...(cluster === undefined ? {} : { [LABEL.cluster]: cluster }) };
  const [volumes, containers] = await Promise.all([docker.volumes.list(own), docker.containers.list({})]);
  const listed = snapshotsAmong(containers).filter((one) => cluster === undefined || one.cluster === cluster);
  return { listed, ...(await restoreIn(docker, volumes, containers, cluster)) };
}

async function restoreIn(
  docker: Docker,
  volumes: Awaited<ReturnType<Docker['volumes']['list']>>,
  containers: readonly ContainerInfo[],
  cluster: string | undefined,
): Promise<Omit<RestoredSnapshots, 'listed'>> {
  const known = rigsAmong(containers);
  const isMeant = async (rig: string): Promise<boolean> =>
    // In a list only those of which nothing else is left; of one that is asked for, all.
    cluster === undefined ? !known.has(rig) : mayHaveCopies(docker, rig, containers);
  let made = false;
  const waiting: Snapshot[] = [];
  const gone: Snapshot[] = [];
  for (const { name: volume, labels } of volumes) {
    if (!(await isMeant(labels[LABEL.cluster] ?? ''))) continue;
    await using image = await readerImage(docker);
    const place = { volume, labels, at: '/data', image: image.id };
    const restored = await restoreKeepers(docker, place, async (keeper, reader) => {
      if (!(await hasFiles(docker, keeper.name, reader))) return false;
      const stands = await hasVolumes(docker, keeper);
      if (!stands) gone.push(...snapshotOf({ id: '', labels: keeper.labels }));
      return stands;
    });
    made = restored.made || made;
    for (const keeper of restored.waiting) waiting.push(...withoutKeeper(keeper));
  }
  return { made, waiting, gone };
}

function withoutKeeper({ labels }: Keeper): Snapshot[] {
  return snapshotOf({ id: '', labels }).map((snapshot) => ({ ...snapshot, waits: true }));
}

/** The volume of the template below would be made anew, and empty. */
async function hasVolumes(docker: Docker, { labels, mounts }: Keeper): Promise<boolean> {
  if (labels[LABEL.template] === undefined) return true;
  const there = new Set((await docker.volumes.list({ [LABEL.role]: 'template' })).map(({ name }) => name));
  return mounts.every(({ source = '' }) => !source.startsWith('gocli-template-') || there.has(source));
}

/** Asked where that is cheap, which is in a container that has the volume. */
async function mayHaveCopies(
  docker: Docker,
  rig: string,
  containers: readonly ContainerInfo[],
): Promise<boolean> {
  const node = containers.find(
    ({ labels }) => labels[LABEL.cluster] === rig && labels[LABEL.node] !== undefined,
  );
  return node === undefined || (await docker.containers.modified(node.id, '/data/keepers')) !== undefined;
}

/** The files of one that was removed go first, or the copy of its keeper does. */
async function hasFiles(docker: Docker, keeper: string, reader: string): Promise<boolean> {
  const id = keeper.slice(keeper.lastIndexOf('-') + 1);
  return (await docker.containers.modified(reader, snapshotFolder(id))) !== undefined;
}
