import { resumeRig } from '../rig/stop.ts';
import type { Context } from './context.ts';
import { withEach, type HoldRequest, type HoldResult } from './hold.ts';

/**
 * Lets paused rigs go on, with their clocks set.
 * @throws GocliError NOT_FOUND, CONFLICT (not paused)
 */
export function resume(request: HoldRequest, context: Context): Promise<HoldResult> {
  return withEach(request, 'resume', context, (found, _steps, own) => resumeRig(found, own));
}
