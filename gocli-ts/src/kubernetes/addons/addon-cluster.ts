import type { Catalog } from '../../addons/catalog.ts';
import type { Steps } from '../../events/steps.ts';
import type { MachineHandle } from '../../frozen/migration.ts';
import type { RigDeps } from '../../rig/deps.ts';
import type { RigState } from '../../rig/state.ts';
import { waitFor, type WaitOptions } from '../../waiting/condition.ts';
import type { ApiClient } from '../api.ts';
import { patient } from '../conditions.ts';
import { type AddonRecord, readRecords, writeRecord } from './record.ts';
import { ClusterObjects } from './objects.ts';

/** What work on the addons of a cluster is done with. */
export interface AddonCluster {
  readonly catalog: Catalog;
  readonly state: RigState;
  readonly nodes: readonly MachineHandle[];
  readonly api: ApiClient;
  readonly objects: ClusterObjects;
  readonly steps: Steps;
  readonly deps: RigDeps;
  /** Milliseconds for each wait. */
  readonly timeoutMs: number;
}

/** Requests to the API at a time: more only wait for an emulated guest. */
export const AT_ONCE = 4;

/** Milliseconds for one look: a webhook may take ten seconds to say no. */
const LOOK_MS = 15_000;

/** @param onObserved is told what is not there yet */
export function waitOptions(
  { deps, timeoutMs }: AddonCluster,
  signal: AbortSignal,
  onObserved: (observed: string) => void,
): WaitOptions {
  return { clock: deps.clock, signal, timeoutMs, intervalMs: 300, checkMs: LOOK_MS, onObserved };
}

export function addonCluster(work: Omit<AddonCluster, 'objects'>): AddonCluster {
  return { ...work, objects: new ClusterObjects(work.api) };
}

/**
 * Asks the API until it answers: one that is busy closes connections.
 * @param what it does then, as a phrase
 * @throws GocliError TIMEOUT; the signal's reason
 */
export async function askUntilAnswered(
  what: string,
  work: AddonCluster,
  ask: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const condition = patient({
    name: what,
    check: async (signal) => {
      await ask(signal);
      return { met: true };
    },
  });
  await waitFor(
    condition,
    waitOptions(work, work.deps.signal, () => undefined),
  );
}

/** What the cluster has of addons. @throws GocliError TIMEOUT */
export async function knownRecords(work: AddonCluster): Promise<ReadonlyMap<string, AddonRecord>> {
  let records: ReadonlyMap<string, AddonRecord> = new Map();
  await askUntilAnswered('the API says which addons there are', work, async (signal) => {
    records = await readRecords(work.api, signal);
  });
  return records;
}

/** Writes down what is done with an addon. @throws GocliError TIMEOUT */
export async function keepRecord(record: AddonRecord, work: AddonCluster): Promise<void> {
  await askUntilAnswered(`the API keeps that ${record.name} is ${record.state}`, work, (signal) =>
    writeRecord(work.api, record, signal),
  );
}
