import { lockIfFree } from '../place/lock-if-free.ts';
import { Cleanup } from '../shared/cleanup.ts';
import type { RigDeps } from './deps.ts';
import { isPooled, isPutAway, type FoundRig } from './life.ts';
import type { HostPlan } from './plan.ts';
import type { RigState } from './state.ts';

/** As many uses of one rig at a time are seen; more are not protected by that, but by those. */
const PLACES = 16;

/**
 * Since when a rig is there for nothing, in milliseconds since the epoch; undefined when it may stay. One that is stopped
 * was put away to be kept; its time begins anew when it is started. Pure.
 */
export function overSince(found: FoundRig, now: number): number | undefined {
  const { state } = found;
  if (state === undefined || isPutAway(found) || isPooled(found)) return undefined;
  const end = endOf(state);
  return end === undefined || end > now ? undefined : end;
}

/** When the time of a rig is over. One that never was Ready, since its start was killed, has it from when it was made. */
function endOf({ until, createdAt, plan }: RigState): number | undefined {
  const { ttlMs } = plan.host;
  if (until !== undefined) return Date.parse(until);
  return ttlMs === undefined ? undefined : Date.parse(createdAt) + ttlMs;
}

/** The same as RFC 3339 says it; null when there is no end. */
export function untilOf(state: RigState | undefined): string | null {
  const end = state === undefined ? undefined : endOf(state);
  return end === undefined ? null : new Date(end).toISOString();
}

/** A state whose rig is Ready now: its time begins. */
export function readyAt(state: RigState, now: number): RigState & { readonly readyAt: string } {
  return { ...limitedAgain(state, state.plan.host, now), readyAt: new Date(now).toISOString() };
}

/** A state whose time begins anew, if a plan says how long it is; else the same. */
export function limitedAgain(
  state: RigState,
  { ttlMs, ttlEvidence }: Pick<HostPlan, 'ttlMs' | 'ttlEvidence'>,
  now: number,
): RigState {
  if (ttlMs === undefined) return state;
  const host = { ...state.plan.host, ttlMs, ...(ttlEvidence === undefined ? {} : { ttlEvidence }) };
  return { ...state, plan: { ...state.plan, host }, until: new Date(now + ttlMs).toISOString() };
}

const placesOf = (id: string): string[] =>
  Array.from({ length: PLACES }, (_, at) => `use ${at.toFixed(0)} of rig ${id}`);

/** Says, until it is disposed of, that somebody works with a rig whose time may be over meanwhile. */
export async function using(
  id: string,
  deps: Pick<RigDeps, 'docker' | 'signal'>,
): Promise<AsyncDisposable | undefined> {
  for (const name of placesOf(id)) {
    const place = await lockIfFree(name, deps);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** Everything by which somebody could say that he works with a rig; undefined when somebody does. */
export async function unused(
  id: string,
  deps: Pick<RigDeps, 'docker' | 'signal'>,
): Promise<AsyncDisposable | undefined> {
  const taken = new Cleanup();
  let isFree = false;
  try {
    for (const name of placesOf(id)) {
      const place = await lockIfFree(name, deps);
      if (place === undefined) return undefined;
      taken.keep(place);
    }
    isFree = true;
    return taken;
  } finally {
    if (!isFree) await taken[Symbol.asyncDispose]();
  }
}
