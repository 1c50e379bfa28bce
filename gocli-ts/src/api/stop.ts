import { stopRig } from '../rig/stop.ts';
import type { Context } from './context.ts';
import { withEach, type EachRigRequest, type EachRigResult } from './each-rig.ts';

/**
 * Saves rigs and ends their processes: memory and processors are free until they are started again.
 * @throws GocliError NOT_FOUND, NOT_READY (stopped or paused already), DISK_FULL
 */
export function stop(request: EachRigRequest, context: Context): Promise<EachRigResult> {
  return withEach(request, 'stop', context, stopRig);
}
