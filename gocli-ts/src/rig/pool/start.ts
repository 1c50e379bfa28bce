import { estimatedSteps } from '../../host/timings.ts';
import { allOf } from '../../shared/all.ts';
import type { RigDeps } from '../deps.ts';
import type { LookedUp } from '../find.ts';
import type { RigPlan } from '../plan.ts';
import { proveWritable } from '../state.ts';
import { proveNear, requireNearby } from '../start/reach.ts';
import type { UpRequest, UpResult } from '../up.ts';
import { goOnTaken, type Taken } from './go-on.ts';
import type { Pool } from './pools.ts';
import { takeFromPool } from './take.ts';
import { sayStarting } from './turns.ts';

/** A start where there are pools, or what is left of them. */
export interface PoolStart {
  readonly request: UpRequest;
  readonly plan: RigPlan;
  /** What there is under the name: nothing but perhaps snapshots. */
  readonly looked: LookedUp;
  /** Those of this user. */
  readonly pools: readonly Pool[];
}

/**
 * Takes a cluster from a pool. Where there is none, the start has this host to itself, as far as pools are concerned.
 * @param alone what a start does without a pool
 * @throws GocliError DOCKER_UNSUPPORTED, and what taking one and `alone` throw
 */
export async function startBesidePools(
  start: PoolStart,
  deps: RigDeps,
  alone: () => Promise<UpResult>,
): Promise<UpResult> {
  const { request, plan, looked, pools } = start;
  const { pool, template, snapshot, timeoutMs } = request;
  const mayTake = pool === 'take' && template === 'use' && snapshot === undefined;
  // One that cannot be reached from here would look broken, and be removed.
  const [steps] = await allOf([estimatedSteps(deps, plan.guest.provider), requireNearby(deps.docker)]);
  if (mayTake) await proveWritable(deps.paths, plan.host.name);
  const hasSnapshots = looked.id !== undefined;
  const asking = { plan, listing: looked.listing, hasSnapshots, pools, mayTake, timeoutMs };
  const state = await takeFromPool(asking, steps, deps);
  if (state === undefined) {
    await using _ = await sayStarting(deps.paths);
    return await alone();
  }
  return { state, started: true, timings: steps.timings, seconds: steps.elapsed() };
}

/**
 * The command that took it from a pool was killed: it stands as it stood there, or runs already.
 * @throws GocliError DOCKER_UNSUPPORTED, and what {@link goOnTaken} throws
 */
export async function finishTaking(taken: Taken, deps: RigDeps): Promise<UpResult> {
  const provider = taken.plan.guest.provider;
  const [steps, info] = await allOf([estimatedSteps(deps, provider), deps.docker.system.info()]);
  // By a try, too: where only that had told, it was left for a start from the right place.
  await proveNear(taken.plan.host.imageId, info, deps);
  const state = await goOnTaken(taken, steps, deps);
  return { state, started: true, timings: steps.timings, seconds: steps.elapsed() };
}
