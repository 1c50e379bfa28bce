import { GocliError } from '../../errors/error.ts';
import { userWords } from '../../host/user.ts';
import { LABEL } from '../../place/labels.ts';
import { lockIfFree } from '../../place/lock-if-free.ts';
import { findRig, findRigs } from '../find.ts';
import { nameBorne } from '../identity.ts';
import { isPooled, startedBy, whyNotReady, type FoundRig } from '../life.ts';
import { poolOfName } from '../names.ts';
import { removeRig } from '../remove.ts';
import { onRig, type RigDeps, notice } from '../deps.ts';
import type { Pool } from './pools.ts';

/** A cluster of a pool. */
export interface Member {
  readonly found: FoundRig;
  readonly pool: Pool;
  /** Milliseconds since the epoch; of one that never was Ready when its first container was made. */
  readonly createdAt: number;
}

/** A day, in milliseconds: certificates, leases and what is pulled from outside are no older in one that is taken. */
const OLDEST_MS = 24 * 3600 * 1000;

/** Clusters of these pools that this user started, also of their former keys; the oldest first. */
export async function membersOf(
  pools: readonly Pool[],
  { docker, paths }: Pick<RigDeps, 'docker' | 'paths'>,
): Promise<Member[]> {
  const user = userWords();
  const mine = (found: FoundRig): boolean => isPooled(found) && (startedBy(found) ?? user) === user;
  const members = (await findRigs(docker, paths)).filter(mine).flatMap((found) => {
    const key = poolOfName(found.name) ?? '';
    const pool = pools.find((one) => one.key === key || one.former.includes(key));
    return pool === undefined ? [] : [{ found, pool, createdAt: createdAt(found) }];
  });
  return members.sort((a, b) => a.createdAt - b.createdAt);
}

function createdAt({ state, containers }: FoundRig): number {
  if (state !== undefined) return Date.parse(state.createdAt);
  return Math.min(...containers.map(({ created }) => Date.parse(created)));
}

/** Why a cluster of a pool cannot be taken; undefined when it can. */
export function whyUnfit(found: FoundRig, { version }: Pick<RigDeps, 'version'>): string | undefined {
  const isOther = found.containers.some(({ labels }) => labels[LABEL.version] !== version);
  return whyNotReady(found) ?? (isOther ? 'it was made by another version of gocli' : undefined);
}

/** What is to be known to say whether a cluster of a pool is to be replaced. */
export interface Today {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly version: string;
  /** Ids of those that there are. */
  readonly templates: ReadonlySet<string>;
}

/** Why a cluster of a pool is to be replaced; undefined when it is fine. Pure. */
export function whyReplaced({ found, pool, createdAt: made }: Member, today: Today): string | undefined {
  if (poolOfName(found.name) !== pool.key) return 'its image or plan is another now';
  const isHalf = found.containers.some((one) => ![undefined, found.name].includes(nameBorne(one)));
  if (isHalf) return 'the command that was to take it was killed';
  const unfit = whyUnfit(found, today);
  if (unfit !== undefined) return unfit;
  const template = found.state?.template;
  if (template !== undefined && !today.templates.has(template)) return 'its template is gone';
  return today.now - made > OLDEST_MS ? 'it is older than a day' : undefined;
}

/** Work on one rig of a pool, while nobody else changes it; the same lock as that of all other verbs. */
export async function holding<T>(
  name: string,
  deps: RigDeps,
  work: (own: RigDeps) => Promise<T>,
): Promise<T> {
  const { docker, signal } = deps;
  await using _ = await docker.system.lock(`rig ${name}`, { signal, onWait: () => undefined });
  return await work(onRig(deps, name));
}

/** The same, if nobody is at work on it: a start waits for none that is being made. */
export async function holdingIfFree<T>(
  name: string,
  deps: RigDeps,
  work: (own: RigDeps) => Promise<T>,
): Promise<T | undefined> {
  const lock = await lockIfFree(`rig ${name}`, deps);
  if (lock === undefined) return undefined;
  await using _ = lock;
  return await work(onRig(deps, name));
}

/**
 * Removes a cluster of a pool, unless somebody has taken it meanwhile.
 * @param still asked of it as it is then; undefined to let it be
 * @param hold how it is kept for oneself
 */
export async function discard(
  name: string,
  still: (found: FoundRig) => string | undefined,
  deps: RigDeps,
  hold: typeof holding<boolean> | typeof holdingIfFree<boolean> = holding,
): Promise<boolean> {
  const gone = await hold(name, deps, async (own) => {
    const found = await findRig(own.docker, own.paths, name);
    const why = found === undefined ? undefined : still(found);
    if (why === undefined) return false;
    notice(own, `Cluster ${name} of the pool is removed: ${why}.`);
    await removeRig(name, own);
    return true;
  });
  return gone === true;
}

/** @throws GocliError NOT_FOUND */
export function requireOnly(pools: readonly Pool[], wanted: string | undefined): Pool {
  const fitting = pools.filter(({ id, provider }) => wanted === undefined || [id, provider].includes(wanted));
  const [only, second] = fitting;
  if (only !== undefined && second === undefined) return only;
  const known = pools.map(({ id, provider }) => `${id} (${provider})`).join(', ');
  const hint =
    known === '' ? 'None is set. For example: gocli pool set k8s-1.36 --size 1' : `Pools: ${known}`;
  if (only !== undefined) throw new GocliError('NOT_FOUND', 'which pool is meant?', { hint });
  const text = wanted === undefined ? 'there is no pool' : `there is no pool "${wanted}"`;
  throw new GocliError('NOT_FOUND', text, { hint });
}
