import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GocliError } from '../../errors/error.ts';
import { isErrno, onFile } from '../../errors/file-error.ts';
import { keyOf } from '../../frozen/gate.ts';
import { readIfThere, writeAtomic } from '../../host/atomic-files.ts';
import type { Paths } from '../../host/paths.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Kind } from '../kind.ts';
import type { RigPlan } from '../plan.ts';
import { templateKey } from '../template/key.ts';

const poolSchema = z.object({
  format: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{12}$/),
  provider: z.string(),
  options: z.record(z.string(), z.unknown()),
  size: z.int().min(1),
  key: z.string(),
  former: z.array(z.string()),
});

/** What a user has set: `<state>/pools/<id>.json`. What stands ready the engine alone knows. */
export interface Pool {
  /** The key that it was set with. */
  readonly id: string;
  readonly provider: string;
  /** What a request says of the plan, by key of the option. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How many are to stand ready. */
  readonly size: number;
  /** That of the plan which provider and options gave last; see {@link poolKey}. */
  readonly key: string;
  /** Earlier ones, of which something may be left: the image was another. */
  readonly former: readonly string[];
}

/** What a cluster of a pool is found by: 12 hexadecimal digits of all that guests of this plan can observe. */
export function poolKey(plan: RigPlan, kinds: readonly Kind[]): string {
  return keyOf([templateKey(plan, kinds), plan.guest.nodes]).slice(0, 12);
}

/** Folder of all that is remembered of pools; it is not there as long as there never was one. */
export const poolFolder = (paths: Paths): string => join(paths.state, 'pools');

const SETTINGS = '.json';
const fileOf = (paths: Paths, id: string): string => join(poolFolder(paths), `${id}${SETTINGS}`);

/** Every pool that this user has set, by id. @throws GocliError BAD_FILE, FILE */
export async function readPools(paths: Paths): Promise<Pool[]> {
  const path = poolFolder(paths);
  const names = await onFile({ path, done: 'read' }, () =>
    readdir(path).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }),
  );
  const files = names.filter((name) => /^[0-9a-f]{12}\.json$/.test(name)).sort();
  const pools = await Promise.all(files.map((name) => readPool(join(path, name))));
  return pools.flatMap((pool) => pool ?? []);
}

async function readPool(path: string): Promise<Pool | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return poolSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new GocliError('BAD_FILE', `${path} is damaged`, {
      cause: error,
      hint: 'Remove the file, and set the pool again: gocli pool set',
    });
  }
}

/** @throws GocliError FILE, DISK_FULL */
export async function writePool(paths: Paths, pool: Pool): Promise<void> {
  const text = JSON.stringify({ format: 1, ...pool }, undefined, 2);
  await writeAtomic(fileOf(paths, pool.id), `${text}\n`);
}

/** Forgets a pool; what stands ready in it stays. */
export async function removePool(paths: Paths, id: string): Promise<void> {
  for (const path of [fileOf(paths, id), takenFile(paths, id)])
    await onFile({ path, done: 'removed' }, () => rm(path, { force: true }));
}

const takenFile = (paths: Paths, id: string): string => join(poolFolder(paths), `${id}.taken`);

/** Remembers that a cluster was taken from a pool now; where that cannot be written nobody is told of it, no more. */
export async function markTaken(paths: Paths, id: string, clock: Clock): Promise<void> {
  const file = takenFile(paths, id);
  const now = new Date(clock.now());
  await writeAtomic(file, '')
    .then(() => utimes(file, now, now))
    .catch(() => undefined);
}

/** When one was last taken from a pool, milliseconds since the epoch; undefined for never. */
export async function lastTaken(paths: Paths, id: string): Promise<number | undefined> {
  return (await stat(takenFile(paths, id)).catch(() => undefined))?.mtimeMs;
}
