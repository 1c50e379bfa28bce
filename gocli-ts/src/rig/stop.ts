import type { Steps } from '../events/steps.ts';
import type { RigDeps } from './deps.ts';
import { requireState } from './find.ts';
import { decide, type FoundRig } from './life.ts';
import { createSnapshot } from './snapshot/create.ts';
import { withoutRevision } from './keep-state.ts';
import { STOPPED } from './names.ts';
import { removeMachines } from './remove.ts';
import { forgetSaves } from './snapshot/restore.ts';
import { stoppedSaves } from './snapshot/list.ts';
import { writeCopyLate } from './start/starting.ts';
import { proveWritable } from './state.ts';
import { gocliCommand } from '../shared/command.ts';

/**
 * Saves a cluster and ends its processes: memory and CPU are free until it is started (start/stopped.ts). One that is
 * stopped, but of which containers are left, is freed of them: a stop or a start was killed.
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
