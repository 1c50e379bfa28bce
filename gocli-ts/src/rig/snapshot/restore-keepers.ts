import { restoreKeepers } from '../../place/keeper.ts';
import { LABEL } from '../../place/labels.ts';
import type { Docker } from '../../place/port.ts';
import { FACTS_LABEL } from '../../provider/facts.ts';
import { snapshotFolder } from './list.ts';

/**
 * Makes the keepers of snapshots and of stopped clusters anew that `docker container prune` removed.
 * @param cluster only those of that one
 * @returns whether there were any
 */
export async function restoreSnapshots(docker: Docker, cluster?: string): Promise<boolean> {
  const own = { [LABEL.role]: 'data', ...(cluster === undefined ? {} : { [LABEL.cluster]: cluster }) };
  const [volumes, keepers] = await Promise.all([
    docker.volumes.list(own),
    docker.containers.list({ [LABEL.role]: 'snapshot' }),
  ]);
  const kept = new Set(keepers.map(({ labels }) => labels[LABEL.owner]));
  const bare = volumes.filter(({ labels }) => !kept.has(labels[LABEL.cluster]));
  if (bare.length === 0) return false;
  const [image] = await docker.images.list({ [FACTS_LABEL]: '' });
  if (image === undefined) return false;
  let made = false;
  for (const { name: volume } of bare) {
    made =
      (await restoreKeepers(docker, { volume, at: '/data', image: image.id }, (name, reader) =>
        hasFiles(docker, name, reader),
      )) || made;
  }
  return made;
}

/** The files of one that was removed go first, or the copy of its keeper does. */
async function hasFiles(docker: Docker, keeper: string, reader: string): Promise<boolean> {
  const id = keeper.slice(keeper.lastIndexOf('-') + 1);
  return (await docker.containers.modified(reader, snapshotFolder(id))) !== undefined;
}
