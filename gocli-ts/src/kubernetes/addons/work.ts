import type { Catalog } from '../../addons/catalog.ts';
import type { Steps } from '../../events/steps.ts';
import type { MachineHandle } from '../../frozen/migration.ts';
import type { RigDeps } from '../../rig/deps.ts';
import type { RigState } from '../../rig/state.ts';
import type { WaitOptions } from '../../waiting/condition.ts';
import type { ApiClient } from '../api.ts';
import { ClusterObjects } from './objects.ts';

/** What work on the addons of a cluster is done with. */
export interface AddonWork {
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
  { deps, timeoutMs }: AddonWork,
  signal: AbortSignal,
  onObserved: (observed: string) => void,
): WaitOptions {
  return { clock: deps.clock, signal, timeoutMs, intervalMs: 300, checkMs: LOOK_MS, onObserved };
}

export function makeWork(work: Omit<AddonWork, 'objects'>): AddonWork {
  return { ...work, objects: new ClusterObjects(work.api) };
}
