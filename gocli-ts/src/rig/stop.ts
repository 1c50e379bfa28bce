import { GocliError } from '../errors/error.ts';
import type { Steps } from '../events/steps.ts';
import { pauseMachines, resumeMachines } from '../frozen/save.ts';
import type { RigDeps } from './deps.ts';
import { canBoot, requireAwake, requireState, type FoundRig } from './find.ts';
import { createSnapshot, machinesIn } from './snapshot/create.ts';
import { keepState, withoutRevision } from './keep-state.ts';
import { removeMachines } from './remove.ts';
import type { RestoreRequest } from './snapshot/check.ts';
import { startHalted } from './start/halted.ts';
import { forgetSaves, restoreSnapshot } from './snapshot/restore.ts';
import { STOPPED, stoppedSaves } from './snapshot/list.ts';
import { writeCopyLate } from './start/starting.ts';
import { proveWritable, type RigState } from './state.ts';
import { gocliCommand } from '../shared/command.ts';

/**
 * Saves a cluster and ends its processes: memory and CPU are free until {@link startStopped}. One that is stopped, but
 * of which containers are left, is freed of them: a stop or a start was killed.
 * @throws GocliError NOT_READY when it is stopped or paused already; FILE, DISK_FULL when its state cannot be written
 */
export async function stopRig(found: FoundRig, steps: Steps, deps: RigDeps): Promise<void> {
  const { docker, paths } = deps;
  const state = requireState(found);
  if (found.saved === undefined || found.containers.length === 0) {
    requireAwake(found);
    await proveWritable(paths, found.name);
    await createSnapshot(found, { name: STOPPED, kind: 'stopped' }, steps, deps);
  }
  // From here on the saved state is the cluster; what ran must not run beside it.
  const stopped = { ...withoutRevision(state), stopped: true };
  await writeCopyLate(stopped, 'is stopped', gocliCommand('start', found.name), deps);
  await steps.run('remove', 'Removing the containers', () => removeMachines(docker, found.name));
  await forgetSaves((await stoppedSaves(docker, found.name)).slice(0, -1), deps);
}

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
  const { name, saved, state } = found;
  if (saved !== undefined) return restoreSnapshot(saved, request, steps, deps);
  if (canBoot(found)) return startHalted(found, request, steps, deps);
  if (state?.stopped === true) {
    throw new GocliError('NOT_FOUND', `what cluster "${name}" was saved as is gone`, {
      observed: 'its keeper, a container that never runs, was removed (docker container prune does that)',
      hint: `Start it anew: ${gocliCommand('rm', name)}, then ${gocliCommand('run', name, state.plan.guest.provider)}`,
    });
  }
  throw new GocliError('CONFLICT', `cluster "${name}" is not stopped`, { hint: 'Type: gocli ls' });
}

/** Holds all processors of a cluster; returns the milliseconds between the first and the last machine. */
export async function pauseRig(found: FoundRig, deps: RigDeps): Promise<number> {
  const state = requireState(found);
  requireAwake(found);
  await proveWritable(deps.paths, found.name);
  const skewMs = await pauseMachines(machinesIn(found), deps, deps.signal);
  await keepState({ ...state, paused: true }, deps);
  return skewMs;
}

/** Lets a paused cluster go on, at the right time. */
export async function resumeRig(found: FoundRig, deps: RigDeps): Promise<void> {
  const state = requireState(found);
  if (state.paused !== true) {
    throw new GocliError('CONFLICT', `cluster "${found.name}" is not paused`, { hint: 'Type: gocli ls' });
  }
  await proveWritable(deps.paths, found.name);
  await resumeMachines(machinesIn(found), deps, deps.signal);
  const resumed = { ...state };
  delete resumed.paused;
  await keepState(resumed, deps);
}
