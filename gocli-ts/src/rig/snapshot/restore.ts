import { LABEL } from '../../place/labels.ts';
import type { Docker } from '../../place/interface.ts';
import { messageOf } from '../../errors/error.ts';
import type { Steps } from '../../events/steps.ts';
import { REGISTRY_USER } from '../container-specs.ts';
import { type RigDeps, notice } from '../deps.ts';
import { tellAround } from '../around.ts';
import { keptAmong, takeKept } from '../kept-registry.ts';
import { BESIDE } from '../registry-store.ts';
import { removeMachines } from '../remove.ts';
import { inside } from '../inside.ts';
import { claim, machinesOf, type Launched } from '../start/launch.ts';
import { writeLate } from '../start/starting.ts';
import { proveWritable, type RigState } from '../state.ts';
import { readyAt } from '../time-limit.ts';
import { gocliCommand } from '../../shared/command.ts';
import { launchWithAccess, goOnThawed } from '../start/go-on.ts';
import { checkRestore, type RestoreRequest, type Restoring } from './restorable.ts';
import { afterFailedRestore } from './failed-restore.ts';
import { removeSnapshot } from './snapshots.ts';
import { snapshotFolder, stoppedAmong, type Snapshot } from './list.ts';

/**
 * Puts a cluster back as it was when the snapshot was taken: same name, same kubeconfig, and the same ports as far as
 * they are free. What runs under that name is replaced, once all is checked that can be. What a stopped cluster was
 * saved as goes when the new machines were seen Ready, and not before: until then it is stopped. What was kept of its
 * registry when it was removed is there, and what the snapshot has beside it.
 * @throws GocliError FILE, DISK_FULL (its state cannot be written), PORT_TAKEN (one that was asked for), CONFLICT (another accelerator or processor), IMAGE_MISSING,
 * NOT_FOUND (its files or keys), TIMEOUT, GUEST_DIED
 */
export async function restoreSnapshot(
  snapshot: Snapshot,
  request: RestoreRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState> {
  await proveWritable(deps.paths, snapshot.cluster);
  const restoring = await checkRestore(snapshot, request, deps);
  const containers = await deps.docker.containers.list({ [LABEL.role]: '' });
  const saves = stoppedAmong(containers).filter(({ rig }) => rig === snapshot.rig);
  const kept = keptAmong(containers).find(({ rig }) => rig === snapshot.rig);
  const left = { stopped: saves.length > 0, kept: kept !== undefined };
  let state: RigState;
  try {
    state = await thawAgain(snapshot, { ...restoring, ...left }, request, steps, deps);
  } catch (error) {
    throw await afterFailedRestore(error, snapshot, deps);
  }
  const ready = readyAt(state, deps.clock.now());
  const { name } = ready;
  const start = gocliCommand('start', name);
  const next =
    saves.length > 0
      ? `${start}, which goes on from what was saved before; until then it is listed as stopped`
      : `${gocliCommand('stop', name)}, then ${start}`;
  // What is listed as stopped needs what it was saved as.
  if (await writeLate(ready, 'is Ready and runs on', next, deps)) await forgetSaves(saves, deps);
  if (kept !== undefined) await takeKept(kept, deps);
  return tellAround(ready, request, deps);
}

async function thawAgain(
  { record, cluster, rig }: Snapshot,
  { layout, state, keys, stopped, kept }: Restoring & { readonly stopped: boolean; readonly kept: boolean },
  { timeoutMs }: RestoreRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState> {
  // The other volume stays: the snapshot lies in it.
  await removeMachines(deps.docker, { id: rig, name: cluster });
  const folder = snapshotFolder(record.id);
  const origin = { kind: 'restore', folder, template: state.template } as const;
  const network = await claim(layout, deps);
  const unproven: RigState = stopped ? { ...state, stopped } : state;
  const running = await steps.run('containers', 'Starting the containers', () =>
    launchWithAccess({ layout, network, origin, state: unproven }, keys, deps),
  );
  const before = (): Promise<void> => restoreRegistry(running.launched, folder, kept, deps.docker);
  const bound: RigState = { ...state, ports: running.state.ports };
  const start = { ...running, state: bound, saved: record.saved, keys, timeoutMs, before };
  await goOnThawed(start, steps, deps, deps.signal);
  return bound;
}

/**
 * Removes what a cluster was saved as and has no more use for. That it takes room for longer is no reason to fail: the
 * newest alone counts, and the next stop or start tries again.
 */
export async function forgetSaves(saves: readonly Snapshot[], deps: RigDeps): Promise<void> {
  for (const save of saves) {
    await removeSnapshot(save, deps).catch((error: unknown) => {
      notice(deps, `A saved state of ${save.cluster} could not be removed: ${messageOf(error)}.`, 'warning');
    });
  }
}

async function restoreRegistry(
  launched: Launched,
  folder: string,
  kept: boolean,
  docker: Docker,
): Promise<void> {
  // What is kept wins. What a restore that comes to nothing put beside it stays there.
  const script = kept ? BESIDE : 'find /data/registry -mindepth 1 -delete && cp -a "$1/." /data/registry/';
  await inside(docker, machinesOf(launched)[0], script, [`${folder}/registry`], REGISTRY_USER);
}
