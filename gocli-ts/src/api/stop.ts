import { stopRig } from '../rig/stop.ts';
import type { Context } from './context.ts';
import { withEach, type HoldRequest, type HoldResult } from './hold.ts';

/**
 * Saves rigs and ends their processes: memory and processors are free until they are started again.
 * @throws GocliError NOT_FOUND, NOT_READY (stopped or paused already), DISK_FULL
 */
export function stop(request: HoldRequest, context: Context): Promise<HoldResult> {
  return withEach(request, 'stop', context, stopRig);
}
