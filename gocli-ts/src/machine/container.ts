import type { ContainerSpec, Labels, Mount } from '../docker/port.ts';
import { qemuArguments } from './arguments.ts';
import { type DeviceAccess, machineDevices } from './devices.ts';
import { MACHINE_PATH, type MachineSpec } from './spec.ts';

export interface MachineContainer {
  readonly name: string;
  readonly image: string;
  readonly network: string;
  readonly labels: Labels;
  readonly mounts?: readonly Mount[];
  readonly access: DeviceAccess;
}

/** The container of one machine: no capability, no new privileges, only the devices it needs. */
export function machineContainer(spec: MachineSpec, container: MachineContainer): ContainerSpec {
  const { access } = container;
  const kvm = spec.accelerator === 'kvm' && access.kvmGroup !== undefined;
  return {
    name: container.name,
    image: container.image,
    labels: container.labels,
    network: container.network,
    entrypoint: ['/usr/lib/gocli/node', spec.tap],
    command: qemuArguments(spec),
    env:
      spec.disk === undefined
        ? []
        : [`GOCLI_BACKING=${spec.disk.backing}`, `GOCLI_DISK=${MACHINE_PATH.overlay}`],
    capabilities: [],
    noNewPrivileges: true,
    devices: machineDevices(spec.accelerator),
    user: access.user,
    groups: kvm ? [access.kvmGroup] : [],
    mounts: container.mounts ?? [],
  };
}
