import { LABEL } from '../../place/labels.ts';
import { readCpu } from '../../frozen/cpu.ts';
import type { Place } from '../../frozen/gate.ts';
import { chooseAccelerator } from '../../machine/accelerator.ts';
import { readDeviceAccess } from '../../machine/devices.ts';
import { PROBE_GUEST } from '../../provider/image-path.ts';
import { allOf } from '../../shared/all.ts';
import type { RigLayout } from '../container-specs.ts';
import type { RigDeps } from '../deps.ts';
import { rigId } from '../identity.ts';
import type { RigPlan } from '../plan.ts';
import { innerOf } from '../published-ports.ts';
import { choosePorts, portsOf } from '../host-ports.ts';
import { checkDaemon, refuseTaken } from './daemon.ts';
import { readMemory, wantedBytes } from '../host-memory.ts';

/** What a start finds out before it makes anything. The ssh key depends on whether a template is thawed. */
export interface Surroundings {
  readonly layout: Omit<RigLayout, 'sshPublicKey'>;
  readonly acceleratorReason: string;
  readonly place: Place;
}

/** What machines find on this host. */
export interface FoundHost {
  readonly facts: Pick<RigLayout, 'accelerator' | 'cpu' | 'access'>;
  readonly acceleratorReason: string;
}

/** @throws GocliError NO_TUN, DOCKER_UNSUPPORTED */
export async function readHost(plan: RigPlan, deps: RigDeps): Promise<FoundHost> {
  const { docker, paths, clock, signal, run } = deps;
  const { host } = plan;
  await checkDaemon(plan, deps);
  const access = await readDeviceAccess();
  const labels = { [LABEL.cluster]: rigId(host), [LABEL.run]: run, [LABEL.role]: 'probe' };
  const probe = { docker, image: host.imageId, guest: PROBE_GUEST, labels, access, paths, clock, signal };
  const { accelerator, cpu, reason } = await chooseAccelerator(probe);
  const facts = { access, accelerator, cpu: await readCpu(accelerator, cpu) };
  return { facts, acceleratorReason: reason };
}

/** What the containers of a rig are made by at this host, but for the key that they let in. */
export function layoutAt(
  facts: FoundHost['facts'],
  plan: RigPlan,
  ports: RigLayout['ports'],
  { kinds, run, version }: Pick<RigDeps, 'kinds' | 'run' | 'version'>,
): Omit<RigLayout, 'sshPublicKey'> {
  return { plan, ports, ...innerOf(plan, kinds), ...facts, run, version };
}

/** @throws GocliError BAD_VALUE (a network that is in use), NO_TUN, DOCKER_UNSUPPORTED, PORT_TAKEN */
export async function lookAround(plan: RigPlan, deps: RigDeps): Promise<Surroundings> {
  await refuseTaken(plan.guest.network, deps);
  const [ports, { facts, acceleratorReason }, memory] = await allOf([
    choosePorts(deps.docker, portsOf(plan, deps.kinds), plan.host.pinnedPorts),
    readHost(plan, deps),
    readMemory(),
  ]);
  return {
    layout: layoutAt(facts, plan, ports, deps),
    acceleratorReason,
    place: {
      now: deps.clock.now(),
      accelerator: facts.accelerator,
      cpu: facts.cpu,
      imageId: plan.host.imageId,
      availableBytes: memory.available,
      wantedBytes: wantedBytes(plan.guest),
    },
  };
}
