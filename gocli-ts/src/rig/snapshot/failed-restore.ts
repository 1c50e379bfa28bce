import { GocliError, isCode, messageOf } from '../../errors/error.ts';
import { removeUnusedVolume } from '../../place/keeper.ts';
import { LABEL } from '../../place/labels.ts';
import { type RigDeps, notice } from '../deps.ts';
import { keepEvidence } from '../evidence.ts';
import { machinesVolume } from '../names.ts';
import { removeContainers } from '../remove.ts';
import { removeState, writeState } from '../state.ts';
import { stoppedSaves, type Snapshot } from './list.ts';
import { gocliCommand } from '../../shared/command.ts';

/**
 * Keeps the evidence of a start from saved state that failed or was interrupted, and removes what it made. What was
 * saved stays; a cluster that was stopped is stopped as before.
 * @returns the error that says so
 */
export async function afterFailedRestore(
  error: unknown,
  snapshot: Snapshot,
  deps: RigDeps,
): Promise<unknown> {
  const { cluster } = snapshot;
  await tidyUp(snapshot, deps).catch((failure: unknown) => {
    const text = `Not everything that this start made could be removed (${messageOf(failure)}); the next one does it.`;
    notice(deps, text, 'warning');
  });
  const left = await whatIsLeft(snapshot, deps);
  if (deps.signal.aborted || !(error instanceof GocliError)) {
    notice(deps, `Cluster ${cluster} was not started. ${left}`, 'warning');
    return error;
  }
  const { code, message, observed, exitCode } = error;
  const more = isCode(error, 'TIMEOUT') && error.hint !== undefined ? `. ${error.hint}` : '';
  return new GocliError(code, message, { observed, exitCode, cause: error, hint: `${left}${more}` });
}

async function whatIsLeft({ cluster, rig, name, record }: Snapshot, { docker }: RigDeps): Promise<string> {
  const start = gocliCommand('start', cluster);
  if (record.kind === 'stopped')
    return `Its saved state is kept, and it is stopped as before. Try again: ${start}`;
  const isStopped = (await stoppedSaves(docker, rig).catch(() => [])).length > 0;
  const before = isStopped ? `. What it was before is saved, and goes on with: ${start}` : '';
  return `The snapshot is kept. Try again: ${gocliCommand('snapshot restore', cluster, name)}${before}`;
}

async function tidyUp({ cluster: name, rig: id }: Snapshot, deps: RigDeps): Promise<void> {
  const { docker, paths, run, signal } = deps;
  if (!signal.aborted) await keepEvidence({ name, id }, deps);
  await removeContainers(docker, { [LABEL.cluster]: id, [LABEL.run]: run });
  // Somebody else's start went on meanwhile; it says what becomes of the cluster.
  if ((await docker.containers.list({ [LABEL.cluster]: id })).length > 0) return;
  await removeUnusedVolume(docker, machinesVolume(id));
  const newest = (await stoppedSaves(docker, id)).at(-1);
  if (newest !== undefined) await writeState(paths, { ...newest.record.state, stopped: true });
  // Without containers there is no cluster, only its snapshot, as after `gocli rm`.
  else await removeState(paths, name);
}
