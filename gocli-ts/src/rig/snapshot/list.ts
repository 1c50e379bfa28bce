import { z } from 'zod';
import type { SavedState } from '../../frozen/thaw.ts';
import { LABEL } from '../../place/labels.ts';
import type { ContainerInfo, Docker } from '../../place/interface.ts';
import { rigNames, stateNamed } from '../identity.ts';
import { stateSchema } from '../state.ts';
import { parseJson } from '../../shared/json.ts';

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
  /** Of each file; see marks.ts. */
  marks: z.record(z.string(), z.string()).optional(),
});

/** All that is known of a snapshot; in a label of its keeper, a container that is never started. */
export type SnapshotRecord = z.infer<typeof recordSchema>;

export interface Snapshot {
  readonly name: string;
  /** Name of the rig that it is a moment of, which its record has too, whatever the rig was called then. */
  readonly cluster: string;
  /** Id of that rig. */
  readonly rig: string;
  readonly keeper: string;
  readonly record: SnapshotRecord;
  /** Its image is gone, and so there is no keeper; it waits for that one. */
  readonly waits?: true;
}

/** Where a snapshot lies in the data volume of its cluster. */
export function snapshotFolder(id: string): string {
  return `/data/snapshots/${id}`;
}

/** The container that is the keeper of a snapshot. */
export function keeperName(cluster: string, id: string): string {
  return `${cluster}-snapshot-${id}`;
}

/** Snapshots of the rig of an id, or of all; the oldest first. */
export async function listSnapshots(docker: Docker, rig?: string): Promise<Snapshot[]> {
  // What a rig is called its other containers say first.
  const all = snapshotsAmong(await docker.containers.list({ [LABEL.role]: '' }));
  return rig === undefined ? all : all.filter((snapshot) => snapshot.rig === rig);
}

/** The same among containers that are listed already: all that have a role. */
export function snapshotsAmong(containers: readonly ContainerInfo[]): Snapshot[] {
  const names = rigNames(containers);
  const keepers = containers.filter(({ labels }) => labels[LABEL.role] === 'snapshot');
  return keepers
    .flatMap((keeper) => snapshotOf(keeper, names))
    .sort((a, b) => a.record.createdAt - b.record.createdAt);
}

/**
 * What the rig of an id was saved as when it was stopped; the oldest first. More than one is there when a command was
 * killed before it removed what it had no more use for: only the newest counts.
 */
export async function stoppedSaves(docker: Docker, rig: string): Promise<Snapshot[]> {
  return stopped(await listSnapshots(docker, rig));
}

/** What rigs were saved as when they were stopped, among containers that are listed already. */
export function stoppedAmong(containers: readonly ContainerInfo[]): Snapshot[] {
  return stopped(snapshotsAmong(containers));
}

function stopped(snapshots: readonly Snapshot[]): Snapshot[] {
  return snapshots.filter(({ record }) => record.kind === 'stopped');
}

/** The snapshot of a keeper; none when its labels are damaged. @param names what each rig is called, by id */
export function snapshotOf(
  { id: keeper, labels }: Pick<ContainerInfo, 'id' | 'labels'>,
  names: ReadonlyMap<string, string>,
): Snapshot[] {
  // Every listing of clusters reads these labels: one that is damaged is left out.
  const { data } = recordSchema.safeParse(parseJson(labels[LABEL.manifest]));
  if (data === undefined) return [];
  const rig = labels[LABEL.owner] ?? '';
  const cluster = names.get(rig) ?? rig;
  const record = { ...data, state: stateNamed(data.state, { id: rig, name: cluster }) };
  return [{ name: labels[LABEL.snapshot] ?? '', cluster, rig, keeper, record }];
}
