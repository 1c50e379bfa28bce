import type { Steps } from '../events/steps.ts';
import { pauseMachines, resumeMachines } from '../frozen/save.ts';
import type { RigDeps } from './deps.ts';
import { requireState } from './find.ts';
import { decide, isMeantByAll, type FoundRig } from './life.ts';
import { settleAside } from './snapshot/aside.ts';
import { createSnapshot, machinesIn } from './snapshot/create.ts';
import { keepState, withoutRevision } from './keep-state.ts';
import { STOPPED } from './names.ts';
import { followProxy } from './proxy.ts';
import { removeMachines } from './remove.ts';
import type { RestoreRequest } from './snapshot/restorable.ts';
import { startHalted } from './start/halted.ts';
import { forgetSaves, restoreSnapshot } from './snapshot/restore.ts';
import { stoppedSaves } from './snapshot/list.ts';
import { notice, writeCopyLate, writeLate } from './start/starting.ts';
import { proveWritable, type RigState } from './state.ts';
import { allOf } from '../shared/all.ts';
import { gocliCommand } from '../shared/command.ts';

/**
 * Saves a cluster and ends its processes: memory and CPU are free until {@link startStopped}. One that is stopped, but
 * of which containers are left, is freed of them: a stop or a start was killed.
 * @throws GocliError NOT_READY when it is stopped or paused already; FILE, DISK_FULL when its state cannot be written
 */
export async function stopRig(found: FoundRig, steps: Steps, deps: RigDeps): Promise<void> {
  const { docker, paths } = deps;
  const state = requireState(found);
  if (decide('stop', found.name, found) === 'save') {
    await proveWritable(paths, found.name);
    await createSnapshot(found, { name: STOPPED, kind: 'stopped' }, steps, deps);
  }
  // From here on the saved state is the cluster; what ran must not run beside it.
  const stopped = { ...withoutRevision(state), stopped: true };
  await writeCopyLate(stopped, 'is stopped', gocliCommand('start', found.name), deps);
  await steps.run('remove', 'Removing the containers', () => removeMachines(docker, found));
  await forgetSaves((await stoppedSaves(docker, found.id)).slice(0, -1), deps);
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
  const act = decide('start', found.name, found);
  if (act === 'thaw' && found.saved !== undefined) return restoreSnapshot(found.saved, request, steps, deps);
  return followProxy(await startHalted(found, request, steps, deps), request.proxy, deps);
}

/** Holds all processors of a cluster; returns the milliseconds between the first and the last machine. */
export async function pauseRig(found: FoundRig, deps: RigDeps): Promise<number> {
  decide('pause', found.name, found);
  const state = requireState(found);
  await proveWritable(deps.paths, found.name);
  // First, so that machines never stand still of which nobody knows: to resume one that runs does no harm.
  await keepState({ ...state, paused: true }, deps);
  try {
    return await pauseMachines(machinesIn(found), deps, deps.signal);
  } catch (error) {
    await writeLate(state, 'runs on', gocliCommand('resume', found.name), deps);
    throw error;
  }
}

/** Lets a paused cluster go on, at the right time; also one whose save was killed, which left its registry held. */
export async function resumeRig(found: FoundRig, deps: RigDeps): Promise<void> {
  decide('resume', found.name, found);
  if (found.aside !== undefined) {
    const settled = await settleAside(found, deps);
    return isMeantByAll('pause', settled) ? undefined : resumeRig(settled, deps);
  }
  const state = requireState(found);
  await proveWritable(deps.paths, found.name);
  // A save that was killed leaves the registry so.
  const held = found.containers.filter((one) => one.state === 'paused');
  await allOf(held.map(({ id }) => deps.docker.containers.unpause(id)));
  const late = await resumeMachines(machinesIn(found), deps, deps.signal);
  for (const node of late) {
    const look = gocliCommand('status', found.name);
    const text = `${node} goes on, but its agent (qemu-guest-agent) did not set the clock, which is right within 30 s by NTP. Look at it: ${look}`;
    notice(deps, text, 'warning');
  }
  const resumed = { ...state };
  delete resumed.paused;
  delete resumed.pooled;
  await keepState(resumed, deps);
}
