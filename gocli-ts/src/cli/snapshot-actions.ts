import { checkSnapshotName } from '../rig/names.ts';
import { createSnapshot } from '../rig/snapshot/create.ts';
import { restoreSnapshot } from '../rig/snapshot/restore.ts';
import { listSnapshots, removeSnapshot, requireSnapshot, type Snapshot } from '../rig/snapshot/snapshots.ts';
import { GocliError } from '../errors/error.ts';
import type { Steps } from '../events/steps.ts';
import { estimatedSteps } from '../host/timings.ts';
import { formatSeconds } from '../shared/text.ts';
import { wholeNumber } from './numbers.ts';
import { chooseCluster } from './options.ts';
import { writeResult } from './render/output.ts';
import type { Session } from './session.ts';

interface SnapshotArguments {
  readonly snapshot?: string | undefined;
  readonly name?: string | undefined;
  readonly timeout: number;
}

export async function createAction(args: SnapshotArguments, session: Session): Promise<number> {
  const name = snapshotName(args);
  const found = await chooseCluster(args.name, session);
  const existing = await listSnapshots(session.docker, found.name);
  if (existing.some((one) => one.name === name)) {
    throw new GocliError('CONFLICT', `cluster "${found.name}" has a snapshot "${name}" already`, {
      hint: `Choose another name, or remove it: gocli snapshot rm ${name}`,
    });
  }
  const steps = await estimatedSteps(session);
  await createSnapshot(found, { name, kind: 'snapshot' }, steps, session);
  done(session, name, `Snapshot ${name} of cluster ${found.name}`, steps);
  return 0;
}

export async function listAction({ name }: SnapshotArguments, session: Session): Promise<number> {
  const snapshots = (await listSnapshots(session.docker, name)).filter(
    ({ record }) => record.kind === 'snapshot',
  );
  writeResult(session, {
    data: { snapshots: snapshots.map(rowOf) },
    names: snapshots.map((one) => one.name),
    table: [
      ['SNAPSHOT', 'CLUSTER', 'NODES', 'CREATED'],
      ...snapshots.map(rowOf).map((row) => [row.name, row.cluster, String(row.nodes), row.createdAt]),
    ],
  });
  return 0;
}

export async function showAction(args: SnapshotArguments, session: Session): Promise<number> {
  const snapshot = await requireSnapshot(session.docker, snapshotName(args), args.name);
  const { state } = snapshot.record;
  const rows = {
    ...rowOf(snapshot),
    provider: state.plan.guest.provider,
    accelerator: state.accelerator,
    template: state.template ?? '-',
    image: state.plan.host.image,
  };
  writeResult(session, {
    data: { ...rows, ports: state.ports },
    names: [snapshot.name],
    table: Object.entries(rows).map(([key, value]) => [key, String(value)]),
  });
  return 0;
}

export async function restoreAction(args: SnapshotArguments, session: Session): Promise<number> {
  const snapshot = await requireSnapshot(session.docker, snapshotName(args), args.name);
  const timeoutMs = (wholeNumber('--timeout', args.timeout) ?? 600) * 1000;
  const steps = await estimatedSteps(session);
  await restoreSnapshot(snapshot, { timeoutMs, pinnedPorts: {} }, steps, session);
  done(
    session,
    snapshot.cluster,
    `Cluster ${snapshot.cluster} is as it was at snapshot ${snapshot.name}`,
    steps,
  );
  return 0;
}

export async function removeAction(args: SnapshotArguments, session: Session): Promise<number> {
  const snapshot = await requireSnapshot(session.docker, snapshotName(args), args.name);
  await removeSnapshot(snapshot, session);
  writeResult(session, {
    data: { removed: rowOf(snapshot) },
    names: [snapshot.name],
    text: `Removed snapshot ${snapshot.name} of cluster ${snapshot.cluster}.\n`,
  });
  return 0;
}

function rowOf({ name, cluster, record }: Snapshot) {
  const { nodes } = record.state.plan.guest;
  return { name, cluster, nodes, createdAt: new Date(record.createdAt).toISOString() };
}

/** @throws GocliError USAGE, BAD_VALUE */
function snapshotName({ snapshot }: SnapshotArguments): string {
  if (snapshot === undefined) throw new GocliError('USAGE', 'the name of a snapshot is missing');
  return checkSnapshotName(snapshot);
}

function done(session: Session, name: string, what: string, steps: Steps): void {
  writeResult(session, {
    data: { name, seconds: steps.elapsed(), timings: steps.timings },
    names: [name],
    text: `${what} (${formatSeconds(steps.elapsed())}).\n`,
  });
}
