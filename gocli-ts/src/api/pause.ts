import { pauseRig } from '../rig/pause.ts';
import type { Context } from './context.ts';
import { withEach, type EachRigRequest, type EachRigResult } from './each-rig.ts';

/**
 * Holds all processors of rigs; their memory stays.
 * @throws GocliError NOT_FOUND, NOT_READY (stopped or paused already)
 */
export function pause(request: EachRigRequest, context: Context): Promise<EachRigResult> {
  return withEach(request, 'pause', context, async (found, _steps, own) => {
    const skewMs = await pauseRig(found, own);
    const text = `All machines of ${found.name} stood still within ${skewMs.toFixed(1)} ms.`;
    own.emit({ type: 'notice', level: 'info', text });
  });
}
