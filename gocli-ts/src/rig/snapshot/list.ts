import { z } from 'zod';
import type { SavedState } from '../../frozen/thaw.ts';
import { LABEL } from '../../place/labels.ts';
import type { ContainerInfo, Docker } from '../../place/port.ts';
import { stateSchema } from '../state.ts';

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
  /** Its image is gone, and so there is no keeper; it waits for that one. */
  readonly waits?: true;
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
  return snapshotsAmong(await docker.containers.list({ [LABEL.role]: 'snapshot', ...owner }));
}

/** The same of containers that are listed already. */
export function snapshotsAmong(containers: readonly ContainerInfo[]): Snapshot[] {
  const keepers = containers.filter(({ labels }) => labels[LABEL.role] === 'snapshot');
  return keepers.flatMap(snapshotOf).sort((a, b) => a.record.createdAt - b.record.createdAt);
}

/**
 * What a cluster, or each, was saved as when it was stopped; the oldest first. More than one is there when a command was
 * killed before it removed what it had no more use for: only the newest counts.
 */
export async function stoppedSaves(docker: Docker, cluster?: string): Promise<Snapshot[]> {
  return stopped(await listSnapshots(docker, cluster));
}

/** What clusters were saved as when they were stopped, of containers that are listed already. */
export function stoppedAmong(containers: readonly ContainerInfo[]): Snapshot[] {
  return stopped(snapshotsAmong(containers));
}

function stopped(snapshots: readonly Snapshot[]): Snapshot[] {
  return snapshots.filter(({ record }) => record.kind === 'stopped');
}

/** The snapshot of a keeper; none when its labels are damaged. */
export function snapshotOf({ id: keeper, labels }: Pick<ContainerInfo, 'id' | 'labels'>): Snapshot[] {
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
