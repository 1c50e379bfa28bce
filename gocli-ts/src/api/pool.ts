import { GocliError } from '../errors/error.ts';
import { Failures } from '../errors/several.ts';
import { listTemplates } from '../frozen/templates.ts';
import { planRig } from '../rig/make-plan.ts';
import { readMemory, wantedBytes } from '../rig/host-memory.ts';
import { defineOption } from '../rig/options/option.ts';
import { wholeNumber } from '../rig/options/number.ts';
import { discard, membersOf, requireOnly, whyReplaced, whyUnfit, type Member } from '../rig/pool/members.ts';
import { howManyFit, memoryOf } from '../rig/pool/budget.ts';
import { lastTaken, poolKey, readPools, removePool, writePool, type Pool } from '../rig/pool/pools.ts';
import type { UpRequest } from '../rig/up.ts';
import { formatBytes } from '../shared/size.ts';
import { withRightAddons } from './addon-plans.ts';
import { refuseNameWithAll } from './choose.ts';
import { fillAtBoot, forgetBoot } from './pool-at-boot.ts';
import type { Context, NoRequest } from './context.ts';
import {
  guestOptions,
  imageOptions,
  locationOf,
  OPTIONS,
  readInputs,
  readRunOptions,
  type InputsOf,
} from './options.ts';
import { localImage } from './provider-image.ts';
import { fillLog, refillPools } from './refill.ts';
import { startOf } from './run.ts';

/** Options of `run` that decide which pool it takes from. */
export const POOL_OPTIONS = { ...guestOptions(OPTIONS), ...imageOptions(OPTIONS) } as const;

const size = defineOption({
  describe: 'How many clusters of this plan stand ready (set)',
  type: 'number',
  read: (input: number | string, at) => wholeNumber(input, at, 1, 100),
});

/** The same with how many of them there are to be. */
export const SET_OPTIONS = { ...POOL_OPTIONS, size } as const;

export interface PoolSetRequest extends InputsOf<typeof POOL_OPTIONS> {
  readonly provider: string;
  /** How many are to stand ready, also as it is written. */
  readonly size: number | string;
  /** Whether to wait until they do, instead of leaving that to a process of its own. */
  readonly wait?: boolean | undefined;
  /** Whether the user's systemd fills the pools after a boot of the host, before any command is given. */
  readonly atBoot?: boolean | undefined;
}

export interface PoolSetResult {
  readonly id: string;
  readonly size: number;
  /** Names of the rigs that were made meanwhile. */
  readonly made: readonly string[];
  /** File of the systemd unit that was written. */
  readonly unit?: string;
}

export interface PoolFillRequest {
  /** Whether to wait until all pools are full, instead of leaving that to a process of its own. */
  readonly wait?: boolean | undefined;
  /** For that process: it ends when another one is at it. */
  readonly background?: boolean | undefined;
}

export interface PoolFillResult {
  /** Names of the rigs that were made meanwhile. */
  readonly made: readonly string[];
  /** What the process prints that fills them. */
  readonly log: string;
}

export interface PoolRmRequest {
  /** Its id, or its provider; may be left out when there is only one. */
  readonly pool?: string | undefined;
  readonly all?: boolean | undefined;
}

export interface PoolRmResult {
  readonly removed: readonly { readonly id: string; readonly members: readonly string[] }[];
}

/** A rig of a pool. */
export interface ListedMember {
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Why it cannot be taken; null when it stands ready. */
  readonly problem: string | null;
  /** Memory of its machines (PSS); null when it cannot be read. */
  readonly bytes: number | null;
}

export interface ListedPool {
  readonly id: string;
  readonly provider: string;
  /** What it was set with, by key of the request. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly size: number;
  readonly members: readonly ListedMember[];
  /** RFC 3339; null for never. */
  readonly lastTaken: string | null;
}

export interface PoolLsResult {
  readonly pools: readonly ListedPool[];
}

/**
 * Says how many rigs of a plan are to stand ready; of a plan that has a pool, how many from now on.
 * @throws GocliError PROVIDER_UNKNOWN, IMAGE_MISSING, BAD_VALUE, NOT_ENOUGH_MEMORY naming how many fit
 */
export async function set(request: PoolSetRequest, context: Context): Promise<PoolSetResult> {
  const { provider, wait, atBoot, ...inputs } = request;
  const { size = 1 } = readInputs(SET_OPTIONS, inputs, context.naming);
  const options = given(inputs);
  const planned = await requestOf({ provider, options }, 'pool', context);
  const plan = planRig(planned, context.kinds);
  const key = poolKey(plan, context.kinds);
  const pools = await readPools(context.paths);
  const there = await poolOf(key, pools, context);
  await requireMemory(size, wantedBytes(plan.guest), there, context);
  const pool = { ...(there ?? { id: key, key, former: [] }), provider, options, size };
  const unit = atBoot === true ? { unit: await fillAtBoot(context) } : {};
  await writePool(context.paths, pool);
  const { made } = await fill({ wait }, context);
  return { id: pool.id, size, made, ...unit };
}

/** The pool that has a key now, though it may have been set with another: its image was made anew meanwhile. */
async function poolOf(key: string, pools: readonly Pool[], context: Context): Promise<Pool | undefined> {
  const there = pools.find((pool) => pool.key === key);
  if (there !== undefined) return there;
  for (const pool of pools) {
    const planned = await requestOf(pool, pool.id, context).catch(() => undefined);
    if (planned === undefined || poolKey(planRig(planned, context.kinds), context.kinds) !== key) continue;
    return { ...pool, key, former: [...pool.former, pool.key] };
  }
  return undefined;
}

/** Fills all pools of this user. @throws GocliError what the start of one meets */
export async function fill(
  { wait = false, background = false }: PoolFillRequest,
  context: Context,
): Promise<PoolFillResult> {
  const log = fillLog(context);
  if ((await readPools(context.paths)).length === 0) return { made: [], log };
  if (!wait && !background) {
    await refillPools(context);
    return { made: [], log };
  }
  const { fillPools } = await import('../rig/pool/fill.ts');
  const filling = {
    request: (pool: Pool, name: string) => requestOf(pool, name, context),
    onOther: background ? () => undefined : undefined,
  };
  const { made } = await fillPools(filling, context);
  if (wait) await requireFull(await readPools(context.paths), context);
  return { made, log };
}

/** @throws GocliError NOT_READY: memory is short, or an image is not there, which was told when it was seen */
async function requireFull(pools: readonly Pool[], context: Context): Promise<void> {
  const members = await membersOf(pools, context);
  const short = pools.flatMap(({ id, size }) => {
    const ready = members.filter(
      ({ pool, found }) => pool.id === id && whyUnfit(found, context) === undefined,
    );
    return ready.length < size ? [`${id}: ${ready.length} of ${size}`] : [];
  });
  if (short.length === 0) return;
  throw new GocliError('NOT_READY', `not as many clusters stand ready as are wanted (${short.join(', ')})`, {
    hint: 'Why, stands above. What there is: gocli pool ls',
  });
}

/** All pools of this user, and what stands ready in them. */
export async function ls(_request: NoRequest, context: Context): Promise<PoolLsResult> {
  const { paths, docker, clock, version } = context;
  const pools = await readPools(paths);
  const members = await membersOf(pools, context);
  const templates = new Set((await listTemplates(docker)).map(({ id }) => id));
  const listed = async (member: Member): Promise<ListedMember> => ({
    name: member.found.name,
    createdAt: new Date(member.createdAt).toISOString(),
    problem: whyReplaced(member, { now: clock.now(), version, templates }) ?? null,
    bytes: (await memoryOf(member.found, docker)) ?? null,
  });
  return {
    pools: await Promise.all(
      pools.map(async ({ id, provider, options, size }) => {
        const own = members.filter(({ pool }) => pool.id === id);
        const taken = await lastTaken(paths, id);
        return {
          id,
          provider,
          options,
          size,
          members: await Promise.all(own.map(listed)),
          lastTaken: taken === undefined ? null : new Date(taken).toISOString(),
        };
      }),
    ),
  };
}

/**
 * Forgets pools and removes what stands ready in them.
 * @throws GocliError USAGE (one and all), NOT_FOUND; what could not be removed, once all else is
 */
export async function rm({ pool: wanted, all }: PoolRmRequest, context: Context): Promise<PoolRmResult> {
  refuseNameWithAll(wanted, all, context.naming);
  const pools = await readPools(context.paths);
  const gone = all === true ? pools : [requireOnly(pools, wanted)];
  const members = await membersOf(gone, context);
  const removed: { id: string; members: string[] }[] = [];
  const failures = new Failures();
  for (const pool of gone) {
    const { id } = pool;
    // Whoever is making one for it gives that up.
    await removePool(context.paths, id);
    const own = members.filter((member) => member.pool.id === id).map(({ found }) => found.name);
    const names = await failures.parts(own, async (name) => {
      try {
        return (await discard(name, () => 'its pool goes', context)) ? [name] : [];
      } catch (error) {
        // What is left belongs to it, so that the same command can be repeated.
        await writePool(context.paths, pool);
        throw error;
      }
    });
    removed.push({ id, members: names.flat() });
  }
  await failures.part(async () => {
    if ((await readPools(context.paths)).length === 0) await forgetBoot(context);
  });
  failures.throw((count) => `${count.toFixed(0)} clusters of pools were not removed`, { removed });
  return { removed };
}

/** The options of its clusters that a request says. */
function given(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const said = Object.entries(inputs).filter(([key, value]) => key in POOL_OPTIONS && value !== undefined);
  return Object.fromEntries(said);
}

/** What a rig of a pool is started by. @throws GocliError PROVIDER_UNKNOWN, IMAGE_MISSING, BAD_VALUE */
async function requestOf(
  { provider, options }: Pick<Pool, 'provider' | 'options'>,
  name: string,
  context: Context,
): Promise<UpRequest> {
  const values = await withRightAddons(
    readInputs(POOL_OPTIONS, options as InputsOf<typeof POOL_OPTIONS>, context.naming),
    context,
  );
  const image = await localImage(locationOf(provider, values), context);
  const own = startOf(readRunOptions({}, context.env, false, context.naming));
  return { ...image, ...own, naming: context.naming, pool: 'filling', values: { ...values, name } };
}

/** @throws GocliError NOT_ENOUGH_MEMORY */
async function requireMemory(
  size: number,
  wanted: number,
  pool: Pool | undefined,
  context: Context,
): Promise<void> {
  const { total } = await readMemory();
  const sizes = pool === undefined ? [] : await measured(pool, context);
  const mean = sizes.length === 0 ? undefined : sizes.reduce((sum, one) => sum + one, 0) / sizes.length;
  const fitting = howManyFit({ total, wanted, measured: mean });
  if (size <= fitting) return;
  const text = `the memory of this host (${formatBytes(total)}) cannot hold a pool of ${size.toFixed(0)}`;
  throw new GocliError('NOT_ENOUGH_MEMORY', text, {
    observed: `each wants ${formatBytes(wanted)} when it is made`,
    hint:
      fitting === 0
        ? 'None of this plan fits; ask for less with --memory or --nodes.'
        : `So many fit: --size ${fitting.toFixed(0)}. Less memory of each is another way: --memory`,
  });
}

async function measured(pool: Pool, context: Context): Promise<number[]> {
  const members = await membersOf([pool], context);
  const sizes = await Promise.all(members.map(({ found }) => memoryOf(found, context.docker)));
  return sizes.flatMap((size) => size ?? []);
}
