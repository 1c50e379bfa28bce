import { resumeRig } from '../rig/pause.ts';
import type { Context } from './context.ts';
import { withEach, type EachRigRequest, type EachRigResult } from './each-rig.ts';

/**
 * Lets paused rigs go on, with their clocks set.
 * @throws GocliError NOT_FOUND, CONFLICT (not paused)
 */
export function resume(request: EachRigRequest, context: Context): Promise<EachRigResult> {
  return withEach(request, 'resume', context, (found, _steps, own) => resumeRig(found, own));
}
