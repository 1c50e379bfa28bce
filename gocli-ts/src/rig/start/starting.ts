import type { Steps } from '../../events/steps.ts';
import type { RigLayout } from '../containers.ts';
import type { RigDeps } from '../deps.ts';
import type { RigPlan } from '../plan.ts';
import type { Snapshot } from '../snapshot/snapshots.ts';
import { keepState } from '../keep-state.ts';
import type { RigState } from '../state.ts';
import type { Surroundings } from './surroundings.ts';

/** Whether a start may thaw: `use` a template or make one, make a `fresh` one, or none at all. */
export type TemplateUse = 'use' | 'fresh' | 'none';

export interface Start {
  readonly plan: RigPlan;
  readonly template: TemplateUse;
  /** Snapshot that the cluster begins at, instead of a boot. */
  readonly snapshot?: Snapshot | undefined;
  /** Bytes that all templates may have together; a quarter of the free disk when undefined. */
  readonly templateBudget?: number | undefined;
  /** Milliseconds for each wait. */
  readonly timeoutMs: number;
}

/** A start under way: what was found out, and who is told. */
export interface Starting extends Start {
  readonly key: string;
  readonly surroundings: Surroundings;
  readonly steps: Steps;
  readonly deps: RigDeps;
}

/** The state of a cluster that is being started. */
export function stateOf(
  { plan, surroundings: { acceleratorReason }, deps }: Starting,
  layout: RigLayout,
): RigState {
  return {
    format: 1,
    name: plan.host.name,
    createdAt: new Date(deps.clock.now()).toISOString(),
    run: deps.run,
    accelerator: layout.accelerator,
    acceleratorReason,
    cpu: layout.cpu,
    plan,
    ports: { ...layout.ports },
    sshPublicKey: layout.sshPublicKey,
  };
}

/** Writes down that a cluster was seen Ready. */
export function markReady(state: RigState, deps: RigDeps): Promise<RigState> {
  return keepState({ ...state, readyAt: new Date(deps.clock.now()).toISOString() }, deps);
}

/** Tells the user what is decided for him. */
export function notice({ emit }: RigDeps, text: string, level: 'info' | 'warning' = 'info'): void {
  emit({ type: 'notice', level, text });
}
