import { randomBytes } from 'node:crypto';
import {
  keeperCopy,
  keeperSpec,
  makeKeeper,
  removeKeeper,
  removeUnusedVolume,
  rewriteCopy,
  type Keeper,
  type KeeperCopy,
} from '../../place/keeper.ts';
import { readerImage } from '../../place/reader-image.ts';
import { restoreSnapshots } from './restore-keepers.ts';
import { LABEL } from '../../place/labels.ts';
import type { Docker, Mount } from '../../place/interface.ts';
import { GocliError } from '../../errors/error.ts';
import { templateMount } from '../../frozen/templates.ts';
import type { MachineHandle } from '../../frozen/migration.ts';
import { runTool } from '../../frozen/tool.ts';
import { REGISTRY_USER } from '../container-specs.ts';
import type { RigDeps } from '../deps.ts';
import { inside } from '../inside.ts';
import { idOfState, stateNamed } from '../identity.ts';
import { dataVolume } from '../names.ts';
import { keeperName, snapshotFolder, type Snapshot, type SnapshotRecord } from './list.ts';

/** Where the data volume is. */
const DATA = '/data';

/** Publishes a snapshot whose files are complete. */
export async function publishSnapshot(docker: Docker, record: SnapshotRecord): Promise<void> {
  await makeKeeper(docker, keeperOf(record), copyOf(record));
}

function keeperOf(record: SnapshotRecord): Keeper {
  const { name, state } = record;
  const template = state.template === undefined ? {} : { [LABEL.template]: state.template };
  return {
    name: keeperName(record.state.name, record.id),
    image: state.plan.host.imageId,
    mounts: mountsOf(record),
    labels: {
      ...template,
      [LABEL.role]: 'snapshot',
      [LABEL.snapshot]: name,
      [LABEL.owner]: idOfState(state),
      [LABEL.manifest]: JSON.stringify(record),
    },
  };
}

/** Takes a snapshot back whose publication failed, perhaps with the daemon's answer alone. */
export async function retractSnapshot(docker: Docker, record: SnapshotRecord): Promise<void> {
  await removeKeeper(docker, keeperName(record.state.name, record.id), copyOf(record));
}

/** Nobody finds the snapshot any more; its files stay where they are. */
export async function removeSnapshotKeeper(docker: Docker, { record, keeper }: Snapshot): Promise<void> {
  await removeKeeper(docker, keeper, copyOf(record));
}

/** Nobody finds again what waits for its image, then. */
async function spoilCopy(docker: Docker, { record, rig }: Snapshot): Promise<void> {
  await using image = await readerImage(docker);
  const id = await docker.containers.create({
    ...keeperSpec(image.id, [{ type: 'volume', source: dataVolume(rig), target: DATA }]),
    name: `${rig}-reader-${randomBytes(3).toString('hex')}`,
    labels: { [LABEL.role]: 'tool' },
  });
  await removeKeeper(docker, id, copyOf(record));
}

/** Where the copy of its keeper lies, whatever the rig is called. */
function copyOf({ id, state }: Pick<SnapshotRecord, 'id' | 'state'>): KeeperCopy {
  return { at: DATA, name: keeperName(idOfState(state), id) };
}

/** Has a snapshot say that its rig is called otherwise: the copy of its keeper first, then the keeper. */
export async function renameSnapshot(
  docker: Docker,
  { record, keeper, rig: id }: Snapshot,
  name: string,
): Promise<void> {
  const renamed = { ...record, state: stateNamed(record.state, { id, name }) };
  await rewriteCopy(docker, keeper, keeperOf(renamed), copyOf(record));
  await docker.containers.rename(keeper, keeperName(name, record.id));
}

/** The data of the cluster, and the template, so that neither can be removed while the snapshot is there. */
function mountsOf({ state }: SnapshotRecord): Mount[] {
  const template = state.template === undefined ? [] : [templateMount(state.template, 'read')];
  return [{ type: 'volume', source: dataVolume(idOfState(state)), target: DATA }, ...template];
}

const REMOVE = 'rm -rf "$@"';

type Files = Pick<SnapshotRecord, 'id' | 'state'>;

/** What lies of a snapshot in the data volume. The copy goes first: from it comes back what lacks files. */
function pathsOf(files: Files): [copy: string, folder: string] {
  return [keeperCopy(copyOf(files)), snapshotFolder(files.id)];
}

/** A folder on its way out; no snapshot is called so. */
const MOVE_AWAY = `rm -f "$1"; [ ! -e "$2" ] || mv -T "$2" "$2.$$.removed"`;
const REMOVE_MOVED = 'rm -rf /data/snapshots/*.removed';

/**
 * Removes the files of a snapshot; in a machine nobody may touch those that are the registry's but its user. The rest
 * goes without being waited for: where blocks are discarded at once, gigabytes take most of a second. What a machine
 * that ends leaves of it goes with the next.
 */
export async function removeFiles(
  machine: MachineHandle | undefined,
  files: Files,
  docker: Docker,
): Promise<void> {
  await inside(docker, machine, REMOVE, [`${snapshotFolder(files.id)}/registry`], REGISTRY_USER);
  await inside(docker, machine, MOVE_AWAY, pathsOf(files));
  await docker.containers.execDetached(machine?.container ?? '', ['sh', '-c', REMOVE_MOVED]);
}

/**
 * Removes a snapshot and its files: with the volume when nothing else is in it, else in a running machine of the
 * cluster, which has the volume, or in a container made for it, which costs half a second.
 */
export async function removeSnapshot(
  snapshot: Snapshot,
  { docker, signal, run }: Pick<RigDeps, 'docker' | 'signal' | 'run'>,
): Promise<void> {
  const { record, rig } = snapshot;
  if (snapshot.waits === true) await spoilCopy(docker, snapshot);
  else await removeSnapshotKeeper(docker, snapshot);
  const volume = dataVolume(rig);
  // Of a rig whose containers are gone the registry's data lie in it.
  const machines = await docker.volumes.list({ [LABEL.cluster]: rig, [LABEL.role]: 'machines' });
  // And perhaps others, which nothing keeps as long as their image is gone.
  const isLast = machines.length === 0 && (await restoreSnapshots(docker, rig)).waiting.length === 0;
  if (isLast && (await removeUnusedVolume(docker, volume))) return;
  // Its files go with the volume: without its image nothing can remove them.
  if (snapshot.waits === true) return;
  try {
    const nodes = await docker.containers.list({ [LABEL.cluster]: rig, [LABEL.role]: 'node' });
    const running = nodes.find(({ state }) => state === 'running');
    if (running === undefined) await removeSavedFiles(record, { docker, signal, run });
    else {
      const node = running.labels[LABEL.node] ?? '';
      await removeFiles({ container: running.id, node }, record, docker);
    }
  } catch (error) {
    // Without it nobody would find the files that are left, and could try again.
    await publishSnapshot(docker, record).catch(() => undefined);
    throw error;
  }
}

/**
 * Removes the files of a snapshot in a container made for it.
 * @param image any of gocli's; that of the snapshot unless told
 * @throws GocliError COMMAND, IMAGE_MISSING
 */
export async function removeSavedFiles(
  files: Files,
  { docker, signal, run }: Pick<RigDeps, 'docker' | 'signal' | 'run'>,
  image = files.state.plan.host.imageId,
): Promise<void> {
  const { name } = files.state.plan.host;
  const source = dataVolume(idOfState(files.state));
  const mounts: Mount[] = [{ type: 'volume', source, target: DATA }];
  const removal = {
    name: `gocli-remove-${files.id}`,
    image,
    labels: { [LABEL.run]: run },
    mounts,
    script: `${REMOVE} && ${REMOVE_MOVED}`,
    arguments: pathsOf(files),
  };
  const { exitCode, output } = await runTool(docker, removal, signal);
  if (exitCode === 0) return;
  throw new GocliError('COMMAND', `files of a snapshot of ${name} cannot be removed`, {
    observed: output.trim(),
  });
}
