import { LABEL } from '../../place/labels.ts';
import type { ContainerInfo, ImageInfo } from '../../place/interface.ts';
import { GocliError } from '../../errors/error.ts';
import type { RigLayout } from '../container-specs.ts';
import { type RigDeps, notice } from '../deps.ts';
import { boundBy, chosenPorts, movedPorts, portsOf } from '../host-ports.ts';
import { isMachine } from '../parts.ts';
import { startedAgain } from '../plan.ts';
import type { Around } from '../around.ts';
import type { RigState } from '../state.ts';
import { limitedAgain } from '../time-limit.ts';
import type { RigKeys } from '../template/keys.ts';
import { readKeys, snapshotLayout } from './layout.ts';
import type { Snapshot } from './list.ts';
import { damagedFiles, filesOf, registryOf } from './marks.ts';

export interface RestoreRequest extends Around {
  /** Milliseconds for the machines to be loaded and Ready. */
  readonly timeoutMs: number;
  /** Host ports that are to replace those the cluster had. */
  readonly pinnedPorts: Readonly<Record<string, number>>;
}

/** All that a restore needs, checked. */
export interface Restoring {
  readonly layout: RigLayout;
  /** What the state will be, but for being Ready. */
  readonly state: RigState;
  readonly keys: RigKeys;
}

/**
 * Makes sure, as far as that can be told without starting it, that a snapshot can be restored; changes nothing. What
 * cannot be loaded here must not cost the cluster that runs.
 * @throws GocliError IMAGE_MISSING, NOT_FOUND (keys or files), CONFLICT (another accelerator or processor), PORT_TAKEN
 */
export async function checkRestore(
  snapshot: Snapshot,
  request: RestoreRequest,
  deps: RigDeps,
): Promise<Restoring> {
  const { record, cluster, rig } = snapshot;
  const { docker } = deps;
  await requireImage(record.state, deps);
  const keys = await readKeys(snapshot, docker);
  const containers = await docker.containers.list({ [LABEL.cluster]: rig });
  await requireFiles(snapshot, containers, deps);
  const plan = startedAgain(record.state.plan, request.pinnedPorts);
  const pinned = plan.host.pinnedPorts;
  const had = record.state.ports;
  const own = boundBy(containers);
  const ports = await chosenPorts(docker, portsOf(plan, deps.kinds), { pinned, had, own });
  const layout = await snapshotLayout(snapshot, plan, { ports, sshPublicKey: keys.sshPublicKey }, deps);
  const then: RigState = { ...record.state, run: deps.run, plan, ports };
  delete then.readyAt;
  delete then.stopped;
  // The time of the snapshot may be over, and nobody is to remove the rig for that, whatever ends this.
  const state = limitedAgain(then, plan.host, deps.clock.now());
  for (const text of movedPorts(cluster, had, ports, request.pinnedPorts)) notice(deps, text);
  return { layout, state, keys };
}

/** @throws GocliError IMAGE_MISSING */
export async function requireImage(
  { name, plan }: RigState,
  { docker }: Pick<RigDeps, 'docker'>,
): Promise<ImageInfo> {
  const { image, imageId } = plan.host;
  const there = await docker.images.inspect(imageId);
  if (there !== undefined) return there;
  throw new GocliError('IMAGE_MISSING', `the image that ${name} was started from is gone: ${image}`, {
    observed: imageId,
    hint: `Fetch or load the image with exactly this id (docker pull, docker load), or provision it from the same sources; what was saved stays until then.`,
  });
}

/**
 * Looks at the files where there is something to lose: in a machine that runs, or, where disks are left of machines that
 * do not, by way of the keeper. Without either a machine that finds no file ends, and nothing has changed.
 */
async function requireFiles(
  { record, keeper, rig }: Snapshot,
  containers: readonly ContainerInfo[],
  { docker }: RigDeps,
): Promise<void> {
  const { id, saved, state } = record;
  const machine = containers.filter(isMachine).find((one) => one.state === 'running');
  if (machine !== undefined) {
    const damaged = await damagedFiles(record, machine, docker);
    if (damaged.length > 0) throw notWhole(state, damaged);
    return;
  }
  const left = await docker.volumes.list({ [LABEL.cluster]: rig, [LABEL.role]: 'machines' });
  if (left.length === 0) return;
  for (const file of [registryOf(id), ...filesOf({ id, saved, state })]) {
    const there = await docker.containers.modified(keeper, file);
    if (there === undefined) throw notWhole(state, [`missing: ${file}`]);
  }
}

function notWhole({ name }: RigState, observed: readonly string[]): GocliError {
  return new GocliError('NOT_FOUND', `the snapshot of ${name} is not whole; nothing was changed`, {
    observed: observed.join('\n'),
  });
}
