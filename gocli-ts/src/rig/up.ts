import { messageOf } from '../errors/error.ts';
import type { StepTiming } from '../events/events.ts';
import { type RigDeps, notice } from './deps.ts';
import { lookUp, requireState, type LookedUp } from './find.ts';
import type { KeptRegistry } from './kept-registry.ts';
import { decide, isHalfTaken, type FoundRig } from './life.ts';
import { planRig, type PlanRequest } from './make-plan.ts';
import { poolOfName } from './names.ts';
import type { RigPlan } from './plan.ts';
import { readPools } from './pool/pools.ts';
import { type Around, mayBeTold, tellAround } from './around.ts';
import { startNew } from './start/new.ts';
import { type TemplateUse } from './start/starting.ts';
import { bootAgain, leaveRunning, requireSamePlan } from './start/there.ts';
import type { RigState } from './state.ts';

export interface UpRequest extends PlanRequest, Around {
  readonly keepOnFailure: boolean;
  readonly template: TemplateUse;
  /** Whether a cluster of a pool may be taken; `filling` when it is one itself that is made. */
  readonly pool?: 'take' | 'filling' | undefined;
  /** Bytes that all templates may have together; a quarter of the free disk when undefined. */
  readonly templateBudget?: number | undefined;
  /** Milliseconds for each wait. */
  readonly timeoutMs: number;
  /** Whether the guests of a new rig are told of what is around; found out here. */
  readonly told?: boolean | undefined;
}

export interface UpResult {
  readonly state: RigState;
  /** False when the cluster ran already. */
  readonly started: boolean;
  readonly timings: readonly StepTiming[];
  readonly seconds: number;
  /** What was kept for its registry, and is to be taken once its user-data ran. */
  readonly keptRegistry?: KeptRegistry;
}

/**
 * Brings a cluster up. A healthy one with the same plan is left as it is; on failure or Ctrl-C everything this run
 * made is removed.
 * @throws GocliError CONFLICT (it runs with another plan), NOT_READY (it is broken), FILE or DISK_FULL (its state cannot
 * be written), and whatever the start meets
 */
export async function up(request: UpRequest, deps: RigDeps): Promise<UpResult> {
  const result = await startOrLeave(request, deps);
  // One that ran already may know of another proxy.
  if (request.pool === 'filling') return result;
  // Machines of a snapshot know what those knew that it is of.
  const proxied = result.started && request.snapshot?.record.state.proxied === true;
  const state = proxied ? { ...result.state, proxied } : result.state;
  return { ...result, state: await tellAround(state, request, deps) };
}

async function startOrLeave(request: UpRequest, deps: RigDeps): Promise<UpResult> {
  const plan = planRig(request, deps.kinds);
  const { name } = request.values;
  const looked = await lookUp(deps.docker, deps.paths, name);
  const { found } = looked;
  if (found !== undefined && isHalfTaken(found)) return finishTaking(found, plan, request, deps);
  const act = decide('run', name, found);
  if (found === undefined) {
    const told = request.pool !== 'filling' && mayBeTold(plan.guest, request, deps.kinds);
    return startOrTake({ ...request, told }, plan, looked, deps);
  }
  return act === 'boot' ? bootAgain(found, plan, request, deps) : leaveRunning(found, plan, deps);
}

/** The command that took it from a pool was killed. */
async function finishTaking(
  found: FoundRig,
  plan: RigPlan,
  request: UpRequest,
  deps: RigDeps,
): Promise<UpResult> {
  requireSamePlan(requireState(found), plan, deps);
  return (await import('./pool/start.ts')).finishTaking({ found, plan, ...request }, deps);
}

/** Takes one that stands ready in a pool, or starts one. What knows of pools is loaded only where there is any. */
async function startOrTake(
  request: UpRequest,
  plan: RigPlan,
  looked: LookedUp,
  deps: RigDeps,
): Promise<UpResult> {
  if (request.pool === 'filling') return startNew(request, plan, looked, deps);
  const pools = await readPools(deps.paths).catch((error: unknown) => {
    notice(deps, `Pools are passed over: ${messageOf(error)}.`, 'warning');
    return [];
  });
  const hasMembers = [...looked.listing.names.values()].some((one) => poolOfName(one) !== undefined);
  if (pools.length === 0 && !hasMembers) return startNew(request, plan, looked, deps);
  const { startBesidePools } = await import('./pool/start.ts');
  return startBesidePools({ request, plan, looked, pools }, deps, async () =>
    startNew(request, plan, await lookUp(deps.docker, deps.paths, request.values.name), deps),
  );
}
