import { Failures } from '../errors/several.ts';
import type { Evicted } from '../frozen/eviction.ts';
import { lockIfFree } from '../place/lock-if-free.ts';
import { findRigs } from '../rig/find.ts';
import { listSnapshots } from '../rig/snapshot/list.ts';
import { collectGarbage, missedByNobody } from '../rig/template/stock.ts';
import { unused } from '../rig/time-limit.ts';
import type { Context } from './context.ts';
import { readRunOptions, type RunInputs } from './options.ts';
import { listedAfter, listedRegistries, type ListedRegistry } from './kept-registries.ts';
import { reapOver, rigsOver, type ReapedRig } from './reap.ts';

/** What all templates may have together, `10G`; else what `GOCLI_TEMPLATE_BUDGET` says, or a quarter of the free disk. */
export interface GcRequest extends Pick<RunInputs, 'templateBudget'> {
  /** Removes nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface GcResult {
  /** Whether it only says what would go. */
  readonly dryRun: boolean;
  readonly removed: readonly Evicted[];
  /** Rigs whose time was over. */
  readonly rigs: readonly ReapedRig[];
  /** What is kept of registries, which stays until it is removed by its name. */
  readonly registries: readonly ListedRegistry[];
}

/**
 * Removes rigs whose time is over, and templates that nobody misses, or says what would go.
 * @throws GocliError BAD_VALUE, DOCKER_UNREACHABLE; when something could not be removed, once all the rest is: its `done` is
 * the {@link GcResult} of what went
 */
export async function gc({ templateBudget, dryRun }: GcRequest, context: Context): Promise<GcResult> {
  const values = readRunOptions({ templateBudget }, context.env, false, context.naming);
  if (dryRun === true) return wouldGo(values.templateBudget, context);
  const failures = new Failures();
  // A template is in use as long as they are there.
  const rigs = (await failures.partly(() => reapOver(context))) ?? [];
  const removed = (await failures.partly(() => collectGarbage(context, values.templateBudget))) ?? [];
  const registries = await listedAfter('registries', context);
  const result = { dryRun: false, removed, rigs, registries };
  failures.throw(() => 'not everything that nobody misses was removed', result);
  return result;
}

async function wouldGo(budget: number | undefined, context: Context): Promise<GcResult> {
  const { docker, paths } = context;
  const found = await findRigs(docker, paths);
  const snapshots = await listSnapshots(docker);
  const over = await Promise.all(
    rigsOver(found, context).map(async ({ id, name, until }) => ({
      name,
      until,
      snapshots: snapshots
        .filter(({ rig, record }) => rig === id && record.kind === 'snapshot')
        .map((one) => one.name),
      evidence: null,
      isFree: await isFree(id, name, context),
    })),
  );
  const rigs = over.flatMap(({ isFree, ...one }) => (isFree ? [one] : []));
  const { gone } = await missedByNobody(
    context,
    budget,
    rigs.map(({ name }) => name),
  );
  return { dryRun: true, removed: gone, rigs, registries: await listedRegistries(docker, found) };
}

/** Whether nobody is at work on a rig or works with it now. */
async function isFree(id: string, name: string, context: Context): Promise<boolean> {
  await using lock = await lockIfFree(`rig ${name}`, context);
  if (lock === undefined) return false;
  await using places = await unused(id, context);
  return places !== undefined;
}
