import { LABEL } from '../../place/labels.ts';
import type { Docker } from '../../place/port.ts';
import type { Steps } from '../../events/steps.ts';
import { REGISTRY_USER } from '../containers.ts';
import type { RigDeps } from '../deps.ts';
import { removeContainers } from '../remove.ts';
import { inside } from '../inside.ts';
import { claim, machinesOf, type Launched } from '../start/launch.ts';
import { choosePorts, portsOf } from '../host-ports.ts';
import { writeState, type RigState } from '../state.ts';
import { launchWithAccess, goOnThawed } from '../start/go-on.ts';
import { readKeys, snapshotLayout } from './layout.ts';
import { snapshotFolder, type Snapshot } from './snapshots.ts';

export interface RestoreRequest {
  readonly timeoutMs: number;
  /** Host ports that are to replace those the cluster had. */
  readonly pinnedPorts: Readonly<Record<string, number>>;
}

/**
 * Puts a cluster back as it was when the snapshot was taken: same name, same ports, same kubeconfig. What runs under
 * that name is replaced.
 * @throws GocliError PORT_TAKEN, CONFLICT (another accelerator or processor), TIMEOUT
 */
export async function restoreSnapshot(
  snapshot: Snapshot,
  request: RestoreRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState> {
  const { record } = snapshot;
  const { plan } = record.state;
  const keys = await readKeys(snapshot, deps.docker);
  // What cannot be loaded here must not cost the cluster that runs.
  const fitting = await snapshotLayout(snapshot, plan, { ...record.state, ...keys, ...request }, deps);
  // Volumes stay: the snapshot lies in one of them.
  await removeContainers(deps.docker, { [LABEL.cluster]: snapshot.cluster });
  const ports = await choosePorts(deps.docker, portsOf(plan, deps.kinds), {
    ...record.state.ports,
    ...request.pinnedPorts,
  });
  const state: RigState = { ...record.state, run: deps.run, ports };
  delete state.readyAt;
  const layout = { ...fitting, ports };
  const folder = snapshotFolder(record.id);
  const origin = { kind: 'restore', folder, template: state.template } as const;
  const network = await claim(layout, deps);
  const launched = await launchWithAccess({ layout, network, origin, state, keys }, steps, deps);
  const { timeoutMs } = request;
  const before = (): Promise<void> => restoreRegistry(launched, folder, deps.docker);
  const start = { state, layout, launched, saved: record.saved, keys, timeoutMs, before };
  await goOnThawed(start, steps, deps, deps.signal);
  const ready = { ...state, readyAt: new Date(deps.clock.now()).toISOString() };
  await writeState(deps.paths, ready);
  return ready;
}

async function restoreRegistry(launched: Launched, folder: string, docker: Docker): Promise<void> {
  const script = 'rm -rf /data/registry/* && cp -a "$1/registry/." /data/registry/';
  await inside(docker, machinesOf(launched)[0], script, [folder], REGISTRY_USER);
}
