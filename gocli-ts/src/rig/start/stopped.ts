import type { Steps } from '../../events/steps.ts';
import { tellAround } from '../around.ts';
import type { RigDeps } from '../deps.ts';
import { decide, type FoundRig } from '../life.ts';
import type { RestoreRequest } from '../snapshot/restorable.ts';
import { startHalted } from './halted.ts';
import { restoreSnapshot } from '../snapshot/restore.ts';
import type { RigState } from '../state.ts';

/**
 * Brings a stopped or halted cluster back, on the ports it had as far as they are free. Until it is Ready again it is
 * what it was, and what was saved or is on its disks stays: a start that failed can be repeated.
 * @throws GocliError CONFLICT (not stopped), NOT_FOUND (its saved state is gone), and whatever a restore throws
 */
export async function startStopped(
  found: FoundRig,
  request: RestoreRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState> {
  const act = decide('start', found.name, found);
  if (act === 'thaw' && found.saved !== undefined) return restoreSnapshot(found.saved, request, steps, deps);
  return tellAround(await startHalted(found, request, steps, deps), request, deps);
}
