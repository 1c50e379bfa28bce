import * as snapshots from '../api/snapshot.ts';
import { GocliError } from '../errors/error.ts';
import { formatSeconds } from '../shared/text.ts';
import { inputsOf } from './option-flags.ts';
import { writeResult } from './render/output.ts';
import { refuseWord } from './options.ts';
import type { Session } from './session.ts';

interface SnapshotArguments extends Readonly<Record<string, unknown>> {
  readonly snapshot?: string | undefined;
  readonly name?: string | undefined;
}

export async function createAction(args: SnapshotArguments, session: Session): Promise<number> {
  const result = await snapshots.create(requestOf(args), session);
  const { snapshot, cluster } = result;
  writeWork(session, snapshot, `Snapshot ${snapshot} of cluster ${cluster}`, result);
  return 0;
}

export async function listAction({ name, snapshot }: SnapshotArguments, session: Session): Promise<number> {
  refuseWord(snapshot, 'snapshot show');
  const result = await snapshots.ls({ name }, session);
  writeResult(session, {
    data: { ...result },
    names: result.snapshots.map((one) => one.name),
    table: [
      ['SNAPSHOT', 'CLUSTER', 'NODES', 'CREATED'],
      ...result.snapshots.map((row) => [row.name, row.cluster, String(row.nodes), row.createdAt]),
    ],
  });
  return 0;
}

export async function showAction(args: SnapshotArguments, session: Session): Promise<number> {
  const { ports, ...shown } = await snapshots.show(requestOf(args), session);
  const rows = { ...shown, template: shown.template ?? '-' };
  writeResult(session, {
    data: { ...rows, ports },
    names: [shown.name],
    table: Object.entries(rows).map(([key, value]) => [key, String(value)]),
  });
  return 0;
}

export async function restoreAction(args: SnapshotArguments, session: Session): Promise<number> {
  const result = await snapshots.restore(
    { ...requestOf(args), ...inputsOf(snapshots.RESTORE_OPTIONS, args) },
    session,
  );
  const { snapshot, cluster } = result;
  writeWork(session, cluster, `Cluster ${cluster} is as it was at snapshot ${snapshot}`, result);
  return 0;
}

export async function removeAction(args: SnapshotArguments, session: Session): Promise<number> {
  const { removed } = await snapshots.rm(requestOf(args), session);
  writeResult(session, {
    data: { removed },
    names: [removed.name],
    text: `Removed snapshot ${removed.name} of cluster ${removed.cluster}.\n`,
  });
  return 0;
}

/** @throws GocliError USAGE */
function requestOf({ snapshot, name }: SnapshotArguments): snapshots.SnapshotRequest {
  if (snapshot === undefined) throw new GocliError('USAGE', 'the name of a snapshot is missing');
  return { snapshot, name };
}

/** @param name of what was made: a snapshot, or the cluster that is back */
function writeWork(session: Session, name: string, what: string, work: snapshots.SnapshotWork): void {
  const text = `${what} (${formatSeconds(work.seconds)}).\n`;
  writeResult(session, { data: { name, ...work }, names: [name], text });
}
