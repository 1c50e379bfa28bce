import { setTimeout as delay } from 'node:timers/promises';
import { isCode } from '../../errors/error.ts';
import { estimatedSteps } from '../../host/timings.ts';
import { listTemplates, restoreTemplates } from '../../frozen/templates.ts';
import { pauseMachines } from '../../frozen/save.ts';
import { lockIfFree } from '../../place/lock-if-free.ts';
import { linked } from '../../shared/limit.ts';
import { formatBytes } from '../../shared/size.ts';
import { type RigDeps, notice } from '../deps.ts';
import { requireRig, requireState } from '../find.ts';
import { keepState, keysHere } from '../keep-state.ts';
import { kindOf } from '../kind.ts';
import { planRig } from '../make-plan.ts';
import { readMemory, wantedBytes } from '../host-memory.ts';
import { memberName } from '../names.ts';
import { cleanUpAfter, removeRig } from '../remove.ts';
import { machinesIn } from '../parts.ts';
import { up, type UpRequest } from '../up.ts';
import { discard, holding, membersOf, whyReplaced, type Member } from './members.ts';
import { isRoomFor, reserved } from './budget.ts';
import { poolKey, readPools, writePool, type Pool } from './pools.ts';
import { isAnyStarting } from './turns.ts';
import { warmUp } from './warm.ts';

/** Milliseconds between two looks at whether a start has begun, or is over. */
const LOOK_MS = 500;

/** How a pool is filled. */
export interface Filling {
  /** What a cluster of a pool is started by, under whatever name. @throws GocliError when it cannot be */
  request(pool: Pool, name: string): Promise<UpRequest>;
  /** Told when somebody else fills up; undefined to wait for that. */
  readonly onOther?: (() => void) | undefined;
}

/** Names of the clusters that were made. */
export interface Filled {
  readonly made: readonly string[];
}

/** What interrupts the making of one: it is no failure. */
class Yield extends Error {}

/**
 * Makes clusters until all pools of this user are full, one at a time, and replaces what is of no use: halves that killed
 * commands left, those that are too old, or whose plan, image or template is gone. One process of a daemon at a time.
 * @throws GocliError what the start of one meets; what there is then stays
 */
export async function fillPools(filling: Filling, deps: RigDeps): Promise<Filled> {
  const made: string[] = [];
  // Whoever took one just before the lock was given up relies on another look.
  do {
    if (!(await fillAll(filling, made, deps))) break;
  } while ((await shortfall(filling, deps)) !== undefined);
  return { made };
}

/** @returns whether there may be more to do: false when somebody else is at it, or memory is short */
async function fillAll(filling: Filling, made: string[], deps: RigDeps): Promise<boolean> {
  const { docker, signal } = deps;
  const onWait = (): void => {
    notice(deps, 'Another process fills the pool; waiting for it.');
  };
  const lock =
    filling.onOther === undefined
      ? await docker.system.lock('pool', { signal, onWait })
      : await lockIfFree('pool', deps);
  if (lock === undefined) {
    filling.onOther?.();
    return false;
  }
  await using _ = lock;
  for (;;) {
    await mend(filling, deps);
    const pool = await shortfall(filling, deps);
    if (pool === undefined) return true;
    await whenNothingStarts(deps);
    if (!(await makeRoom(pool, filling, deps))) return false;
    const name = await makeMember(pool, filling, deps);
    if (name !== undefined) made.push(name);
  }
}

/** Pools as their images are now; those whose image is gone are left alone. */
async function currentPools(
  filling: Filling,
  deps: RigDeps,
  onGone: (pool: Pool) => void = () => undefined,
): Promise<Pool[]> {
  const pools = await readPools(deps.paths);
  const current: Pool[] = [];
  for (const pool of pools) {
    const request = await filling.request(pool, pool.id).catch((error: unknown) => {
      if (!isCode(error, 'IMAGE_MISSING') && !isCode(error, 'PROVIDER_UNKNOWN')) throw error;
    });
    if (request === undefined) {
      onGone(pool);
      continue;
    }
    const key = poolKey(planRig(request, deps.kinds), deps.kinds);
    const changed = { ...pool, key, former: [...pool.former, pool.key].filter((one) => one !== key) };
    // Two plans may have become one: the clusters of both are those of the first.
    if (current.some((one) => one.key === key)) continue;
    if (key !== pool.key) await writePool(deps.paths, changed);
    current.push(key === pool.key ? pool : changed);
  }
  return current;
}

/** Removes what is of no use, and what is more than was asked for. */
async function mend(filling: Filling, deps: RigDeps): Promise<void> {
  const { docker, clock, version, paths } = deps;
  const pools = await currentPools(filling, deps, ({ id, provider }) => {
    notice(deps, `Pool ${id} is left as it is: there is no image of ${provider} here.`, 'warning');
  });
  const members = await membersOf(pools, deps);
  await restoreTemplates(docker);
  const templates = new Set((await listTemplates(docker)).map(({ id }) => id));
  const today = { now: clock.now(), version, templates };
  const room = new Map(pools.map(({ id, size }) => [id, size]));
  for (const member of members) {
    const { found, pool } = member;
    const left = room.get(pool.id) ?? 0;
    const why = whyReplaced(member, today) ?? (left === 0 ? 'the pool is smaller now' : undefined);
    if (why === undefined) room.set(pool.id, left - 1);
    else await discard(found.name, (now) => whyReplaced({ ...member, found: now }, today) ?? why, deps);
  }
  for (const pool of pools) if (pool.former.length > 0) await writePool(paths, { ...pool, former: [] });
}

/** The first pool in which one is missing. */
async function shortfall(filling: Filling, deps: RigDeps): Promise<Pool | undefined> {
  const pools = await currentPools(filling, deps);
  const members = await membersOf(pools, deps);
  return pools.find(({ id, size }) => members.filter(({ pool }) => pool.id === id).length < size);
}

async function whenNothingStarts({ paths, signal }: RigDeps): Promise<void> {
  while (await isAnyStarting(paths)) await delay(LOOK_MS, undefined, { signal });
}

/** Whether one more fits into memory; what stands ready is given up when even the reserve is touched. */
async function makeRoom(pool: Pool, filling: Filling, deps: RigDeps): Promise<boolean> {
  const { guest } = planRig(await filling.request(pool, pool.id), deps.kinds);
  const wanted = wantedBytes(guest);
  let memory = await readMemory();
  if (isRoomFor(wanted, memory)) return true;
  const members: Member[] = (await membersOf([pool], deps)).reverse();
  for (const { found } of members) {
    if (memory.available >= reserved(memory.total)) break;
    await discard(found.name, () => 'memory is short', deps);
    memory = await readMemory();
  }
  const free = `${formatBytes(memory.available)} of ${formatBytes(memory.total)} are free`;
  notice(deps, `No further cluster of ${pool.provider} fits: it wants ${formatBytes(wanted)}, and ${free}.`);
  return false;
}

/** @returns its name; undefined when it was given up for a start, or the pool is gone */
async function makeMember(pool: Pool, filling: Filling, deps: RigDeps): Promise<string | undefined> {
  const name = memberName(pool.key);
  using own = linked(deps.signal);
  const watching = watch(pool, own.signal, deps).then(
    () => {
      own.abort(new Yield());
    },
    () => undefined,
  );
  try {
    return await holding(name, { ...deps, signal: own.signal }, async (held) => {
      await makeReady(name, pool, filling, held, deps);
      return name;
    });
  } catch (error) {
    deps.signal.throwIfAborted();
    if (own.signal.reason instanceof Yield) return undefined;
    throw error;
  } finally {
    own[Symbol.dispose]();
    await watching;
  }
}

/** Comes back when one of this pool is not to be made any more, or not now. */
async function watch({ id }: Pool, signal: AbortSignal, { paths }: RigDeps): Promise<void> {
  for (;;) {
    await delay(LOOK_MS, undefined, { signal });
    if (await isAnyStarting(paths)) return;
    if (!(await readPools(paths)).some((pool) => pool.id === id)) return;
  }
}

/** Starts a cluster, lets it do what every cluster does first, waits until it is quiet, and holds it. */
async function makeReady(
  name: string,
  pool: Pool,
  filling: Filling,
  held: RigDeps,
  deps: RigDeps,
): Promise<void> {
  const { docker, paths, signal } = held;
  try {
    const request = await filling.request(pool, name);
    await up(request, held);
    const found = await requireRig(docker, paths, name);
    const state = requireState(found);
    const kind = kindOf(held.kinds, state.plan.guest);
    const keys = await keysHere(state, held);
    const steps = await estimatedSteps(held, state.plan.guest.provider);
    await steps.run('warm', 'Warming the cluster up', () => warmUp(found, request, held));
    await steps.run('settle', 'Waiting until nothing changes', () => kind.settle(state, keys, held));
    signal.throwIfAborted();
    await pauseMachines(machinesIn(found), held, signal);
    await keepState({ ...state, paused: true, pooled: pool.key }, held);
  } catch (error) {
    await cleanUpAfter(name, deps, () => removeRig(name, deps));
    throw error;
  }
}
