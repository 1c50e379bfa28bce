import type { Evicted } from '../frozen/eviction.ts';
import { collectGarbage } from '../rig/template/inventory.ts';
import type { Context } from './context.ts';
import { readRunOptions, type RunInputs } from './options.ts';

/** What all templates may have together, `10G`; else what `GOCLI_TEMPLATE_BUDGET` says, or a quarter of the free disk. */
export type GcRequest = Pick<RunInputs, 'templateBudget'>;

export interface GcResult {
  readonly removed: readonly Evicted[];
}

/** Removes templates that nobody misses. @throws GocliError BAD_VALUE, DOCKER_UNREACHABLE */
export async function gc({ templateBudget }: GcRequest, context: Context): Promise<GcResult> {
  const values = readRunOptions({ templateBudget }, context.env, false, context.naming);
  return { removed: await collectGarbage(context, values.templateBudget) };
}
