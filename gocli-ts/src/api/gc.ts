import type { Evicted } from '../frozen/eviction.ts';
import { collectGarbage } from '../rig/template/inventory.ts';
import type { Context } from './context.ts';

export interface GcRequest {
  /** Bytes that all templates may have together; a quarter of the free disk unless told. */
  readonly budgetBytes?: number | undefined;
}

export interface GcResult {
  readonly removed: readonly Evicted[];
}

/** Removes templates that nobody misses. @throws GocliError DOCKER_UNREACHABLE */
export async function gc({ budgetBytes }: GcRequest, context: Context): Promise<GcResult> {
  return { removed: await collectGarbage(context, budgetBytes) };
}
