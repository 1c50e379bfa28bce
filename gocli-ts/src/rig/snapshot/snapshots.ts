import { z } from 'zod';
import { keeperSpec, removeUnusedVolume } from '../../place/keeper.ts';
import { LABEL } from '../../place/labels.ts';
import type { ContainerInfo, Docker, Mount } from '../../place/port.ts';
import { GocliError } from '../../errors/error.ts';
import { templateMount } from '../../frozen/templates.ts';
import type { MachineHandle } from '../../frozen/migration.ts';
import { runTool } from '../../frozen/tool.ts';
import type { SavedState } from '../../frozen/thaw.ts';
import { didYouMean } from '../../shared/text.ts';
import { REGISTRY_USER } from '../containers.ts';
import type { RigDeps } from '../deps.ts';
import { inside } from '../inside.ts';
import { dataVolume } from '../names.ts';
import { stateSchema } from '../state.ts';
import { gocliCommand } from '../../shared/command.ts';

const recordSchema = z.object({
  format: z.literal(1),
  /** A stopped cluster is a snapshot that its start uses up. */
  kind: z.enum(['snapshot', 'stopped']),
  name: z.string(),
  /** Folder of the snapshot below /data/snapshots. */
  id: z.string().regex(/^[0-9a-f]{12}$/),
  /** Milliseconds since the epoch. */
  createdAt: z.int(),
  saved: z.custom<SavedState>((value) => typeof value === 'object' && value !== null),
  state: stateSchema,
});

/** All that is known of a snapshot; in a label of its keeper, a container that is never started. */
export type SnapshotRecord = z.infer<typeof recordSchema>;

export interface Snapshot {
  readonly name: string;
  readonly cluster: string;
  readonly keeper: string;
  readonly record: SnapshotRecord;
}

/** Where a snapshot lies in the data volume of its cluster. */
export function snapshotFolder(id: string): string {
  return `/data/snapshots/${id}`;
}

/** The name under which a stopped cluster is kept; no snapshot can have it. */
export const STOPPED = '.stopped';

/** Snapshots of a cluster, or of all; the oldest first. */
export async function listSnapshots(docker: Docker, cluster?: string): Promise<Snapshot[]> {
  const owner = cluster === undefined ? {} : { [LABEL.owner]: cluster };
  const keepers = await docker.containers.list({ [LABEL.role]: 'snapshot', ...owner });
  return keepers.flatMap(snapshotOf).sort((a, b) => a.record.createdAt - b.record.createdAt);
}

/**
 * What a cluster, or each, was saved as when it was stopped; the oldest first. More than one is there when a command was
 * killed before it removed what it had no more use for: only the newest counts.
 */
export async function stoppedSaves(docker: Docker, cluster?: string): Promise<Snapshot[]> {
  return (await listSnapshots(docker, cluster)).filter(({ record }) => record.kind === 'stopped');
}

function snapshotOf({ id: keeper, labels }: ContainerInfo): Snapshot[] {
  const record = recordSchema.safeParse(parsed(labels[LABEL.manifest]));
  if (!record.success) return [];
  return [
    { name: labels[LABEL.snapshot] ?? '', cluster: labels[LABEL.owner] ?? '', keeper, record: record.data },
  ];
}

/** Every listing of clusters reads these labels: one that is damaged is left out. */
function parsed(text = 'null'): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws GocliError NOT_FOUND with the names that exist, USAGE when several clusters have one of that name */
export async function requireSnapshot(docker: Docker, name: string, cluster?: string): Promise<Snapshot> {
  const all = (await listSnapshots(docker, cluster)).filter(({ record }) => record.kind === 'snapshot');
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

/** Publishes a snapshot whose files are complete. */
export async function publishSnapshot(docker: Docker, record: SnapshotRecord): Promise<void> {
  const { name, state } = record;
  const template = state.template === undefined ? {} : { [LABEL.template]: state.template };
  await docker.containers.create({
    name: keeperName(record),
    ...keeperSpec(state.plan.host.imageId, mountsOf(record)),
    labels: {
      ...template,
      [LABEL.role]: 'snapshot',
      [LABEL.snapshot]: name,
      [LABEL.owner]: state.name,
      [LABEL.manifest]: JSON.stringify(record),
    },
  });
}

/** Takes a snapshot back whose publication failed, perhaps with the daemon's answer alone. */
export async function retractSnapshot(docker: Docker, record: SnapshotRecord): Promise<void> {
  await docker.containers.remove(keeperName(record));
}

function keeperName({ id, state }: Pick<SnapshotRecord, 'id' | 'state'>): string {
  return `${state.name}-snapshot-${id}`;
}

/** The data of the cluster, and the template, so that neither can be removed while the snapshot is there. */
function mountsOf({ state }: SnapshotRecord): Mount[] {
  const template = state.template === undefined ? [] : [templateMount(state.template, 'read')];
  return [{ type: 'volume', source: dataVolume(state.name), target: '/data' }, ...template];
}

const REMOVE = 'rm -rf "$1"';

/** Removes the files of a snapshot; in a machine nobody may touch those that are the registry's but its user. */
export async function removeFiles(
  machine: MachineHandle | undefined,
  folder: string,
  docker: Docker,
): Promise<void> {
  await inside(docker, machine, REMOVE, [`${folder}/registry`], REGISTRY_USER);
  await inside(docker, machine, REMOVE, [folder]);
}

/**
 * Removes a snapshot and its files: with the volume when nothing else is in it, else in a running machine of the
 * cluster, which has the volume, or in a container made for it, which costs half a second.
 */
export async function removeSnapshot(
  { record, keeper, cluster }: Snapshot,
  { docker, signal, run }: Pick<RigDeps, 'docker' | 'signal' | 'run'>,
): Promise<void> {
  await docker.containers.remove(keeper);
  const volume = dataVolume(cluster);
  if (await removeUnusedVolume(docker, volume)) return;
  const nodes = await docker.containers.list({ [LABEL.cluster]: cluster, [LABEL.role]: 'node' });
  const running = nodes.find(({ state }) => state === 'running');
  if (running === undefined) return removeSavedFiles(record, { docker, signal, run });
  const node = running.labels[LABEL.node] ?? '';
  await removeFiles({ container: running.id, node }, snapshotFolder(record.id), docker);
}

/** Removes the files of a snapshot in a container made for it. @throws GocliError COMMAND, IMAGE_MISSING */
export async function removeSavedFiles(
  { id, state }: SnapshotRecord,
  { docker, signal, run }: Pick<RigDeps, 'docker' | 'signal' | 'run'>,
): Promise<void> {
  const { name, imageId: image } = state.plan.host;
  const mounts: Mount[] = [{ type: 'volume', source: dataVolume(name), target: '/data' }];
  const removal = {
    name: `gocli-remove-${id}`,
    image,
    labels: { [LABEL.run]: run },
    mounts,
    script: REMOVE,
    arguments: [snapshotFolder(id)],
  };
  const { exitCode, output } = await runTool(docker, removal, signal);
  if (exitCode === 0) return;
  throw new GocliError('COMMAND', `files of a snapshot of ${name} cannot be removed`, {
    observed: output.trim(),
  });
}
