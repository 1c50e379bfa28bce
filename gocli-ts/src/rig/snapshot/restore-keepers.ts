import { restoreKeepers, rigsAmong } from '../../place/keeper.ts';
import { LABEL } from '../../place/labels.ts';
import type { ContainerInfo, Docker } from '../../place/port.ts';
import { FACTS_LABEL } from '../../provider/facts.ts';
import { snapshotFolder } from './list.ts';

/**
 * Makes the keepers of snapshots and of stopped clusters anew that `docker container prune` removed.
 * @param only those of the rig of that id
 * @returns whether there were any
 */
export async function restoreSnapshots(docker: Docker, only?: string): Promise<boolean> {
  const own = { [LABEL.role]: 'data', ...(only === undefined ? {} : { [LABEL.cluster]: only }) };
  const [volumes, containers] = await Promise.all([docker.volumes.list(own), docker.containers.list({})]);
  const known = rigsAmong(containers);
  let made = false;
  for (const { name: volume, labels } of volumes) {
    const rig = labels[LABEL.cluster] ?? '';
    // In a list only those of which nothing else is left; of one that is asked for, all.
    if (only === undefined ? known.has(rig) : !(await mayHaveCopies(docker, rig, containers))) continue;
    const [image] = await docker.images.list({ [FACTS_LABEL]: '' });
    if (image === undefined) return made;
    const place = { volume, labels, at: '/data', image: image.id };
    made = (await restoreKeepers(docker, place, (name, reader) => hasFiles(docker, name, reader))) || made;
  }
  return made;
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
