import { GocliError, isCode, messageOf } from '../../errors/error.ts';
import type { Steps } from '../../events/steps.ts';
import { LABEL } from '../../place/labels.ts';
import { lastLines } from '../../shared/text.ts';
import { type RigDeps, notice } from '../deps.ts';
import { collectEvidence } from '../evidence.ts';
import { findRig } from '../find.ts';
import { nameBorne } from '../identity.ts';
import { kindOf } from '../kind.ts';
import type { FoundRig } from '../life.ts';
import type { Listing } from '../listing.ts';
import { restoreSecrets } from '../lost-secrets.ts';
import { planDifferences } from '../make-plan.ts';
import { readMemory, wantedBytes } from '../host-memory.ts';
import { poolOfName } from '../names.ts';
import type { RigPlan } from '../plan.ts';
import { removeRig } from '../remove.ts';
import { forgetCopy, giveName } from '../rename.ts';
import { proveNear } from '../start/reach.ts';
import type { RigState } from '../state.ts';
import { goOnTaken } from './go-on.ts';
import { discard, holdingIfFree, membersOf, whyUnfit } from './members.ts';
import { markTaken, poolKey, type Pool } from './pools.ts';

/** What a start asks of the pools. */
export interface Asking {
  readonly plan: RigPlan;
  /** What the engine has, with clusters of pools, whosever they are. */
  readonly listing: Listing;
  /** Whether something has the name already: snapshots of a removed cluster, which are those of the next one. */
  readonly hasSnapshots: boolean;
  /** Pools of this user. */
  readonly pools: readonly Pool[];
  /** Whether one may be taken. */
  readonly mayTake: boolean;
  /** Milliseconds for each attempt. */
  readonly timeoutMs: number;
}

/** One that takes so long is given up, as a thaw is (start/thawed.ts): something else can take its place. */
const PROOF_MS = 90_000;

/**
 * Takes the oldest cluster that stands ready for a plan, and gives it the name of the plan; the caller holds that. Of two
 * commands only one gets it: who does not get the lock of the cluster's own name goes on to the next. One that does not
 * prove to be Ready is removed, its logs are kept, and the next one is taken.
 * @returns undefined when there is none; if one could have been expected, it was said why
 * @throws the signal's reason, once what was taken is removed; DOCKER_UNSUPPORTED, with it left, where nothing that runs is
 * reached from here, and the signal's reason while that is found out: the next start of that name goes on
 */
export async function takeFromPool(
  asking: Asking,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState | undefined> {
  const { plan, listing, pools, mayTake, timeoutMs } = asking;
  const pool = mayTake ? poolFor(plan, pools, deps) : undefined;
  const half = halfTaken(listing, plan.host.name);
  if (pool !== undefined && !asking.hasSnapshots) {
    for (const name of [...half, ...oldestFirst(listing, pool.key).filter((one) => !half.includes(one))]) {
      const found = await take(name, asking, deps);
      if (found === undefined) continue;
      const state = await prove({ found, plan, timeoutMs: Math.min(PROOF_MS, timeoutMs) }, name, steps, deps);
      if (state === undefined) continue;
      await markTaken(deps.paths, pool.id, deps.clock);
      return state;
    }
  }
  if (pool !== undefined) notice(deps, `No cluster of the pool is taken: ${whyNone(asking)}.`);
  // Their containers bear the name that is needed now.
  for (const name of half) await discard(name, () => 'the command that was to take it was killed', deps);
  await giveMemoryBack(asking, deps);
  return undefined;
}

/** The pool of a plan. */
function poolFor(plan: RigPlan, pools: readonly Pool[], { kinds }: RigDeps): Pool | undefined {
  if (pools.length === 0) return undefined;
  const key = poolKey(plan, kinds);
  return pools.find((one) => one.key === key);
}

function whyNone({ hasSnapshots, plan }: Asking): string {
  if (hasSnapshots) return `there are snapshots of an earlier ${plan.host.name}, or its registry is kept`;
  const pinned = Object.values(plan.host.pinnedPorts);
  if (pinned.length > 0) return `none stands ready on host port ${pinned.join(', ')}`;
  return 'none stands ready';
}

/** Names of clusters of pools of which a container bears this name: a command that was to take one was killed. */
function halfTaken({ containers, names }: Listing, name: string): string[] {
  const ids = new Set(
    containers.flatMap((one) => (nameBorne(one) === name ? [one.labels[LABEL.cluster]] : [])),
  );
  return [...names].flatMap(([id, called]) =>
    ids.has(id) && poolOfName(called) !== undefined ? [called] : [],
  );
}

function oldestFirst({ containers, names }: Listing, key: string): string[] {
  const since = new Map<string, string>();
  for (const { labels, created } of containers) {
    const name = names.get(labels[LABEL.cluster] ?? '');
    if (name === undefined || poolOfName(name) !== key) continue;
    const before = since.get(name);
    if (before === undefined || created < before) since.set(name, created);
  }
  return [...since].sort(([, a], [, b]) => (a < b ? -1 : 1)).map(([name]) => name);
}

/** Gives a cluster of the pool its new name; undefined when it is not there any more, or not fit. */
async function take(name: string, { plan }: Asking, deps: RigDeps): Promise<FoundRig | undefined> {
  const to = plan.host.name;
  return holdingIfFree(name, deps, async () => {
    const found = await findRig(deps.docker, deps.paths, name);
    if (found?.state === undefined || whyUnfit(found, deps) !== undefined) return undefined;
    if (!isWanted(found.state, plan, deps)) return undefined;
    try {
      await restoreSecrets(found.state, found.containers, deps);
      const state = await giveName(found, to, found.containers, deps);
      await forgetCopy(name, deps);
      return { ...found, name: to, state };
    } catch (error) {
      // It is no fault of the cluster that somebody else has the name, or that nothing can be written here.
      if (isCode(error, 'CONFLICT') || isCode(error, 'FILE') || isCode(error, 'DISK_FULL')) throw error;
      await giveUp(found, [name, to], error, deps);
      return undefined;
    }
  });
}

/**
 * Whether machines and published ports are those of a plan; host ports that it asks for are looked at as they are. What is
 * done with a rig that is Ready is done with one that was taken, too.
 */
function isWanted(state: RigState, { guest, host }: RigPlan, { kinds }: RigDeps): boolean {
  const { name, image, imageId, published } = host;
  const machines = {
    name,
    image,
    imageId,
    pinnedPorts: {},
    ...(published === undefined ? {} : { published }),
  };
  const asked = { guest, host: machines };
  if (planDifferences(state.plan, asked, kindOf(kinds, guest)).length > 0) return false;
  return Object.entries(host.pinnedPorts).every(([key, port]) => state.ports[key] === port);
}

async function prove(
  taken: Parameters<typeof goOnTaken>[0],
  member: string,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState | undefined> {
  try {
    const state = await goOnTaken(taken, steps, deps);
    notice(deps, `Cluster ${member} of the pool is ${state.name} now.`);
    return state;
  } catch (error) {
    // Only a try may show that all of them look so from here. It bears its new name, and the next run of that goes on with it.
    if (!deps.signal.aborted) await proveNear(taken.plan.host.imageId, await deps.docker.system.info(), deps);
    await giveUp(taken.found, [member, taken.found.name], error, deps);
    return undefined;
  }
}

/** @throws the signal's reason, which is no fault of the cluster */
async function giveUp(
  found: FoundRig,
  names: readonly [member: string, to: string],
  error: unknown,
  deps: RigDeps,
): Promise<void> {
  const { signal } = deps;
  const [member] = names;
  const folder = signal.aborted
    ? undefined
    : await collectEvidence(found, found.state?.run ?? '', deps).catch(() => undefined);
  // It is called the one or the other, and a copy of what is known of it may lie here under both.
  for (const name of names) await removeRig(name, deps);
  signal.throwIfAborted();
  const kept = folder === undefined ? '' : ` What was logged is kept in ${folder}.`;
  const seen = error instanceof GocliError ? lastLines(error.observed ?? '', 1) : '';
  const why = seen === '' ? messageOf(error) : `${messageOf(error)} (${seen})`;
  notice(deps, `Cluster ${member} of the pool is removed, it could not be taken: ${why}.${kept}`, 'warning');
}

/** Where memory is short what stands ready goes first: a start must not be a slow one for it. */
async function giveMemoryBack({ plan, pools, listing }: Asking, deps: RigDeps): Promise<void> {
  const isThere = [...listing.names.values()].some((name) => poolOfName(name) !== undefined);
  if (pools.length === 0 || !isThere) return;
  const wanted = wantedBytes(plan.guest);
  for (const { found } of await membersOf(pools, deps)) {
    if ((await readMemory()).available >= wanted) return;
    await discard(found.name, () => `its memory is needed for ${plan.host.name}`, deps, holdingIfFree);
  }
}
