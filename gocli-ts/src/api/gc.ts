import { Failures } from '../errors/several.ts';
import type { Evicted } from '../frozen/eviction.ts';
import { collectGarbage } from '../rig/template/stock.ts';
import type { Context } from './context.ts';
import { readRunOptions, type RunInputs } from './options.ts';
import { reapOver, type ReapedRig } from './reap.ts';

/** What all templates may have together, `10G`; else what `GOCLI_TEMPLATE_BUDGET` says, or a quarter of the free disk. */
export type GcRequest = Pick<RunInputs, 'templateBudget'>;

export interface GcResult {
  readonly removed: readonly Evicted[];
  /** Rigs whose time was over. */
  readonly rigs: readonly ReapedRig[];
}

/**
 * Removes rigs whose time is over, and templates that nobody misses.
 * @throws GocliError BAD_VALUE, DOCKER_UNREACHABLE; when something could not be removed, once all the rest is: its `done` is
 * the {@link GcResult} of what went
 */
export async function gc({ templateBudget }: GcRequest, context: Context): Promise<GcResult> {
  const values = readRunOptions({ templateBudget }, context.env, false, context.naming);
  const failures = new Failures();
  // A template is in use as long as they are there.
  const rigs = (await failures.partly(() => reapOver(context))) ?? [];
  const removed = (await failures.partly(() => collectGarbage(context, values.templateBudget))) ?? [];
  failures.throw(() => 'not everything that nobody misses was removed', { removed, rigs });
  return { removed, rigs };
}
