import { restoreKeepers, rigsAmong, type Keeper } from '../../place/keeper.ts';
import { LABEL } from '../../place/labels.ts';
import { readerImage } from '../../place/reader-image.ts';
import type { ContainerInfo, Docker } from '../../place/interface.ts';
import { rigNames } from '../identity.ts';
import { isKept, keptAgain } from '../kept-registry.ts';
import { listRigs, type Listing } from '../listing.ts';
import { keeperName, snapshotFolder, snapshotOf, type Snapshot } from './list.ts';

/** What was found of snapshots and stopped clusters whose keepers `docker container prune` removed. */
export interface RestoredSnapshots {
  /** Whether one is listed again. */
  readonly made: boolean;
  /** Those whose image is gone, too (`docker system prune -a`): with it they are listed again. */
  readonly waiting: readonly Snapshot[];
  /** Those that are lost: the volume of the template below them was removed. */
  readonly gone: readonly Snapshot[];
}

/**
 * Makes the keepers of snapshots, of stopped clusters and of kept registries anew that `docker container prune` removed.
 * @param only those of the rig of that id
 * @param listing what the daemon has, where that is known
 */
export async function restoreSnapshots(
  docker: Docker,
  only?: string,
  listing?: Pick<Listing, 'containers' | 'volumes'>,
): Promise<RestoredSnapshots> {
  const { containers, volumes } = listing ?? (await listRigs(docker));
  const own = volumes.filter(
    ({ labels }) => labels[LABEL.role] === 'data' && (only === undefined || labels[LABEL.cluster] === only),
  );
  return restoreIn(docker, own, containers, only);
}

async function restoreIn(
  docker: Docker,
  volumes: Listing['volumes'],
  containers: readonly ContainerInfo[],
  only: string | undefined,
): Promise<RestoredSnapshots> {
  const known = rigsAmong(containers);
  const isMeant = async (rig: string): Promise<boolean> =>
    // In a list only those of which nothing else is left; of one that is asked for, all.
    only === undefined ? !known.has(rig) : mayHaveCopies(docker, rig, containers);
  const called = rigNames(containers);
  // The rig may have been renamed meanwhile.
  const named = (copy: Keeper): Keeper => {
    const rig = called.get(copy.labels[LABEL.owner] ?? '');
    return rig === undefined ? copy : { ...copy, name: keeperName(rig, snapshotId(copy)) };
  };
  let made = false;
  const copies: Keeper[] = [];
  const waiting: Keeper[] = [];
  const gone: Keeper[] = [];
  for (const { name: volume, labels } of volumes) {
    if (!(await isMeant(labels[LABEL.cluster] ?? ''))) continue;
    await using image = await readerImage(docker);
    const place = { volume, labels, at: '/data', image: image.id };
    const restored = await restoreKeepers(docker, place, async (copy, reader) => {
      if (isKept(copy)) return keptAgain(copy, called.get(copy.labels[LABEL.owner] ?? ''), docker, image);
      if (isListed(copy, containers) || !(await hasFiles(docker, copy, reader))) return undefined;
      const keeper = named(copy);
      copies.push(keeper);
      if (await hasVolumes(docker, keeper)) return keeper;
      gone.push(keeper);
      return undefined;
    });
    made = restored.made || made;
    waiting.push(...restored.waiting);
  }
  const names = rigNames([...containers, ...copies]);
  const snapshots = (keepers: readonly Keeper[]): Snapshot[] =>
    keepers.flatMap(({ labels }) => snapshotOf({ id: '', labels }, names));
  return {
    made,
    waiting: snapshots(waiting).map((snapshot) => ({ ...snapshot, waits: true })),
    gone: snapshots(gone),
  };
}

/** The last part of a keeper's name, which no rename changes. */
function snapshotId({ name }: Pick<Keeper, 'name'>): string {
  return name.slice(name.lastIndexOf('-') + 1);
}

/** A rename that was killed leaves a keeper that is called otherwise than its copy says. */
function isListed(keeper: Keeper, containers: readonly ContainerInfo[]): boolean {
  const { [LABEL.owner]: owner } = keeper.labels;
  return containers.some(
    (one) => one.labels[LABEL.owner] === owner && snapshotId(one) === snapshotId(keeper),
  );
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
async function hasFiles(docker: Docker, keeper: Keeper, reader: string): Promise<boolean> {
  return (await docker.containers.modified(reader, snapshotFolder(snapshotId(keeper)))) !== undefined;
}
