import { GocliError, messageOf } from '../../errors/error.ts';
import type { Steps } from '../../events/steps.ts';
import type { RigLayout } from '../container-specs.ts';
import type { Presumption } from '../../waiting/condition.ts';
import { notice, type RigDeps } from '../deps.ts';
import type { RigPlan } from '../plan.ts';
import type { Snapshot } from '../snapshot/list.ts';
import { gocliCommand } from '../../shared/command.ts';
import { keepState } from '../keep-state.ts';
import { writeState, type RigState } from '../state.ts';
import { readyAt } from '../time-limit.ts';
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
  /** `filling` when a pool is filled in the background: that does not boot where a thaw will do another time. */
  readonly pool?: 'take' | 'filling' | undefined;
  /** Whether its guests are told of what is around them as soon as it is Ready. */
  readonly told?: boolean | undefined;
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
  { plan, surroundings: { acceleratorReason }, told, deps }: Starting,
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
    ...(told === true ? { proxied: true } : {}),
  };
}

/** Writes down that a cluster was seen Ready. It is, and runs on, even if that cannot be written. */
export async function markReady(state: RigState, deps: RigDeps): Promise<RigState> {
  const ready = readyAt(state, deps.clock.now());
  const { name } = state;
  const next = `${gocliCommand('stop', name)}, then ${gocliCommand('start', name)}`;
  await writeLate(ready, 'is Ready and runs on', next, deps);
  return ready;
}

/**
 * Writes the state of a cluster when there is no way back from what it says: what cannot be written is no more than a
 * warning then.
 * @param is what the cluster is, whatever is written: `is Ready and runs on`
 * @param next what to type once it can be written
 * @returns whether it was written
 */
export function writeLate(state: RigState, is: string, next: string, deps: RigDeps): Promise<boolean> {
  return late(() => keepState(state, deps), `Cluster ${state.name} ${is}`, next, deps);
}

/** The same for a cluster whose machines go, and with them their record. */
export function writeCopyLate(state: RigState, is: string, next: string, deps: RigDeps): Promise<boolean> {
  return late(() => writeState(deps.paths, state), `Cluster ${state.name} ${is}`, next, deps);
}

async function late(
  write: () => Promise<unknown>,
  said: string,
  next: string,
  deps: RigDeps,
): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    const hint = error instanceof GocliError && error.hint !== undefined ? ` ${error.hint}` : '';
    const text = `${said}, but that is not written down: ${messageOf(error)}.${hint} Then type: ${next}`;
    notice(deps, text, 'warning');
    return false;
  }
}

/** Says what of a rig that counts as Ready cannot be known, why, and what would change that. */
export function tellPresumed(name: string, presumed: ReadonlyMap<string, Presumption>, deps: RigDeps): void {
  if (presumed.size === 0) return;
  const all = [...presumed.values()];
  const [reason] = all.map(({ why }) => why);
  const hints = new Set(all.flatMap(({ hint }) => (hint === undefined ? [] : [`. ${hint}`])));
  const what = [...presumed.keys()].join('; ');
  const text = `${name} counts as Ready, but this cannot be known now: ${what}; since ${reason ?? ''}`;
  notice(deps, `${text}${[...hints].join('')}`, 'warning');
}
