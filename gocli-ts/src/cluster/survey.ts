import { LABEL } from '../docker/labels.ts';
import { readCpu } from '../frozen/place.ts';
import type { Place } from '../frozen/gate.ts';
import { chooseAccelerator } from '../machine/accelerator.ts';
import { cpuModel } from '../machine/arguments.ts';
import { readDeviceAccess } from '../machine/devices.ts';
import type { ClusterLayout } from './containers.ts';
import type { ClusterDeps } from './deps.ts';
import type { ClusterPlan } from './plan.ts';
import { choosePorts, readMemory, wantedBytes } from './preflight.ts';

/** What a start finds out before it makes anything. The ssh key depends on whether a template is thawed. */
export interface Survey {
  readonly layout: Omit<ClusterLayout, 'sshPublicKey'>;
  readonly acceleratorReason: string;
  readonly place: Place;
}

/** @throws GocliError NO_TUN, PORT_TAKEN */
export async function survey(plan: ClusterPlan, run: string, deps: ClusterDeps): Promise<Survey> {
  const { docker, paths, clock, signal, version } = deps;
  const access = await readDeviceAccess();
  const labels = { [LABEL.cluster]: plan.host.name, [LABEL.run]: run, [LABEL.role]: 'probe' };
  const image = plan.host.imageId;
  const [ports, choice, memory] = await Promise.all([
    choosePorts(docker, plan.guest.nodes, plan.host.pinnedPorts),
    chooseAccelerator({ docker, image, labels, access, paths, clock, signal }),
    readMemory(),
  ]);
  const { accelerator } = choice;
  return {
    layout: { plan, ports, accelerator, access, run, version },
    acceleratorReason: choice.reason,
    place: {
      now: clock.now(),
      accelerator,
      cpu: await readCpu(accelerator, cpuModel(accelerator)),
      imageId: image,
      availableBytes: memory.available,
      wantedBytes: wantedBytes(plan.guest),
    },
  };
}
