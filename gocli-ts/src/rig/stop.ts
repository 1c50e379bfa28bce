import { LABEL } from '../place/labels.ts';
import { GocliError } from '../errors/error.ts';
import type { Steps } from '../events/steps.ts';
import { pauseMachines, resumeMachines } from '../frozen/save.ts';
import type { RigDeps } from './deps.ts';
import { requireAwake, requireState, type FoundRig } from './find.ts';
import { createSnapshot, machinesIn } from './snapshot/create.ts';
import { removeContainers } from './remove.ts';
import { restoreSnapshot, type RestoreRequest } from './snapshot/restore.ts';
import { listSnapshots, removeSnapshot, STOPPED } from './snapshot/snapshots.ts';
import { writeState, type RigState } from './state.ts';

/**
 * Saves a cluster and ends its processes: memory and CPU are free until {@link startStopped}.
 * @throws GocliError NOT_READY when it is stopped or paused already
 */
export async function stopRig(found: FoundRig, steps: Steps, deps: RigDeps): Promise<void> {
  const state = requireState(found);
  requireAwake(state);
  await createSnapshot(found, { name: STOPPED, kind: 'stopped' }, steps, deps);
  // From here on the saved state is the cluster; what ran must not run beside it.
  await writeState(deps.paths, { ...state, stopped: true });
  await steps.run('remove', 'Removing the containers', () =>
    removeContainers(deps.docker, { [LABEL.cluster]: found.name }),
  );
}

/**
 * Brings a stopped cluster back, on the ports it had.
 * @throws GocliError NOT_FOUND (not stopped), PORT_TAKEN
 */
export async function startStopped(
  found: FoundRig,
  request: RestoreRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState> {
  const [saved] = (await listSnapshots(deps.docker, found.name)).filter(
    ({ record }) => record.kind === 'stopped',
  );
  if (found.state?.stopped !== true || saved === undefined) {
    throw new GocliError('CONFLICT', `cluster "${found.name}" is not stopped`, { hint: 'Type: gocli ls' });
  }
  const state = await restoreSnapshot(saved, request, steps, deps);
  await removeSnapshot(saved, deps);
  return state;
}

/** Holds all processors of a cluster; returns the milliseconds between the first and the last machine. */
export async function pauseRig(found: FoundRig, deps: RigDeps): Promise<number> {
  const state = requireState(found);
  requireAwake(state);
  const skewMs = await pauseMachines(machinesIn(found), deps, deps.signal);
  await writeState(deps.paths, { ...state, paused: true });
  return skewMs;
}

/** Lets a paused cluster go on, at the right time. */
export async function resumeRig(found: FoundRig, deps: RigDeps): Promise<void> {
  const state = requireState(found);
  if (state.paused !== true) {
    throw new GocliError('CONFLICT', `cluster "${found.name}" is not paused`, { hint: 'Type: gocli ls' });
  }
  await resumeMachines(machinesIn(found), deps, deps.signal);
  const resumed = { ...state };
  delete resumed.paused;
  await writeState(deps.paths, resumed);
}
