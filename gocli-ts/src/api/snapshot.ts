import { GocliError } from '../errors/error.ts';
import type { StepTiming } from '../events/events.ts';
import { estimatedSteps } from '../host/timings.ts';
import { checkSnapshotName } from '../rig/names.ts';
import { createSnapshot } from '../rig/snapshot/create.ts';
import { replaceBySnapshot } from '../rig/snapshot/replace.ts';
import { requireSnapshot, userSnapshots } from '../rig/snapshot/require.ts';
import { removeSnapshot } from '../rig/snapshot/snapshots.ts';
import { listSnapshots, type Snapshot } from '../rig/snapshot/list.ts';
import type { RigState } from '../rig/state.ts';
import { chooseAwake, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';
import { changingRig } from './operation.ts';
import { readInputs, type InputsOf } from './options.ts';
import { timeout } from '../rig/options/timeout.ts';
import { WAIT_MS } from './wait.ts';
import { aroundNow } from './settings.ts';
import { gocliCommand } from '../shared/command.ts';

/** Which snapshot; the name of its rig tells two of one name apart. */
export interface SnapshotRequest extends RigChoice {
  readonly snapshot: string;
}

/** Options of `snapshot restore`. */
export const RESTORE_OPTIONS = { timeout } as const;

export type RestoreRequest = SnapshotRequest & InputsOf<typeof RESTORE_OPTIONS>;

export interface ListedSnapshot {
  readonly name: string;
  /** The rig that it is a moment of. */
  readonly cluster: string;
  readonly nodes: number;
  /** RFC 3339. */
  readonly createdAt: string;
}

export interface ShownSnapshot extends ListedSnapshot {
  readonly provider: string;
  readonly accelerator: RigState['accelerator'];
  /** Id of the template that it stands on; null for one of a rig that was booted. */
  readonly template: string | null;
  /** Reference of the provider image. */
  readonly image: string;
  /** Host ports that the rig had, by `<container port>/<protocol>`. */
  readonly ports: Readonly<Record<string, number>>;
}

/** What was done with a snapshot, and how long it took. */
export interface SnapshotWork {
  readonly snapshot: string;
  readonly cluster: string;
  readonly seconds: number;
  readonly timings: readonly StepTiming[];
}

/**
 * Keeps one moment of a running rig: memory, disks and registry.
 * @throws GocliError BAD_VALUE, NOT_FOUND, NOT_READY, CONFLICT (it has one of that name), DISK_FULL
 */
export async function create(request: SnapshotRequest, context: Context): Promise<SnapshotWork> {
  const name = checkSnapshotName(request.snapshot);
  const { name: cluster } = await chooseAwake(request, context);
  return changingRig(context, cluster, async (own) => {
    const found = await chooseAwake({ name: cluster }, own);
    const existing = await listSnapshots(own.docker, found.id);
    if (existing.some((one) => one.name === name)) {
      throw new GocliError('CONFLICT', `cluster "${cluster}" has a snapshot "${name}" already`, {
        hint: `Choose another name, or remove it: ${gocliCommand('snapshot rm', cluster, name)}`,
      });
    }
    const steps = await estimatedSteps(own, found.state?.plan.guest.provider);
    await createSnapshot(found, { name, kind: 'snapshot' }, steps, own);
    return { snapshot: name, cluster, seconds: steps.elapsed(), timings: steps.timings };
  });
}

/** The snapshots of one rig, or all; the oldest first. */
export async function ls({ name }: RigChoice, { docker }: Context): Promise<{ snapshots: ListedSnapshot[] }> {
  return { snapshots: (await userSnapshots(docker, name)).map(listed) };
}

/** @throws GocliError BAD_VALUE, NOT_FOUND, USAGE (several rigs have one of that name) */
export async function show(request: SnapshotRequest, context: Context): Promise<ShownSnapshot> {
  const snapshot = await chosen(request, context);
  const { plan, accelerator, template = null, ports } = snapshot.record.state;
  return {
    ...listed(snapshot),
    provider: plan.guest.provider,
    accelerator,
    template,
    image: plan.host.image,
    ports,
  };
}

/**
 * Puts a rig back as it was: same name, ports and keys. What runs under its name is replaced.
 * @throws GocliError what {@link show} throws, and CONFLICT (another accelerator or processor), PORT_TAKEN, TIMEOUT
 */
export async function restore(request: RestoreRequest, context: Context): Promise<SnapshotWork> {
  const values = readInputs(RESTORE_OPTIONS, { timeout: request.timeout }, context.naming);
  const { cluster } = await chosen(request, context);
  return changingRig(context, cluster, async (own) => {
    const snapshot = await chosen({ ...request, name: cluster }, own);
    const steps = await estimatedSteps(own, snapshot.record.state.plan.guest.provider);
    const around = await aroundNow(context);
    const restoring = { timeoutMs: values.timeout ?? WAIT_MS, pinnedPorts: {}, ...around };
    await replaceBySnapshot(snapshot, restoring, steps, own);
    return { snapshot: snapshot.name, cluster, seconds: steps.elapsed(), timings: steps.timings };
  });
}

/** Removes a snapshot and its files. @throws GocliError what {@link show} throws */
export async function rm(request: SnapshotRequest, context: Context): Promise<{ removed: ListedSnapshot }> {
  const { cluster } = await chosen(request, context);
  return changingRig(context, cluster, async (own) => {
    const snapshot = await chosen({ ...request, name: cluster }, own);
    await removeSnapshot(snapshot, own);
    return { removed: listed(snapshot) };
  });
}

function chosen({ snapshot, name }: SnapshotRequest, { docker }: Context): Promise<Snapshot> {
  return requireSnapshot(docker, checkSnapshotName(snapshot), name);
}

function listed({ name, cluster, record }: Snapshot): ListedSnapshot {
  const { nodes } = record.state.plan.guest;
  return { name, cluster, nodes, createdAt: new Date(record.createdAt).toISOString() };
}
