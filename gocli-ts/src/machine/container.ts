import type { ContainerSpec, Labels, Mount } from '../place/interface.ts';
import { qemuArguments } from './arguments.ts';
import { type DeviceAccess, machineDevices } from './devices.ts';
import type { MachineSpec } from './spec.ts';

export interface MachineContainer {
  readonly name: string;
  readonly image: string;
  readonly network: string;
  readonly labels: Labels;
  readonly mounts?: readonly Mount[];
  readonly access: DeviceAccess;
  /** Weight when processors are short; see ContainerSpec. */
  readonly cpuShares?: number;
  /** Files that must be as they were recorded before qemu may start; see runner/files/usr/lib/gocli/node. */
  readonly expected?: ExpectedFiles;
  /** A saved overlay that the machine's own is a copy of. */
  readonly copyDiskFrom?: string;
}

/** What is known of the files that a machine is thawed from. */
export interface ExpectedFiles {
  readonly state: { readonly path: string; readonly sha256: string };
  readonly ram: { readonly path: string; readonly bytes: number; readonly blocks: number };
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
    env: [
      ...diskVariables(spec),
      ...(container.copyDiskFrom === undefined ? [] : [`GOCLI_COPY=${container.copyDiskFrom}`]),
      ...expectedVariables(container.expected),
    ],
    capabilities: [],
    noNewPrivileges: true,
    ...(container.cpuShares === undefined ? {} : { cpuShares: container.cpuShares }),
    devices: machineDevices(spec.accelerator),
    user: access.user,
    groups: kvm ? [access.kvmGroup] : [],
    mounts: container.mounts ?? [],
  };
}

function diskVariables({ disk }: MachineSpec): string[] {
  if (disk === undefined) return [];
  const { backing, overlay, sizeMiB } = disk;
  return [
    `GOCLI_BACKING=${backing}`,
    `GOCLI_DISK=${overlay}`,
    ...(sizeMiB === undefined ? [] : [`GOCLI_DISK_SIZE=${sizeMiB.toFixed(0)}M`]),
  ];
}

function expectedVariables(expected: ExpectedFiles | undefined): string[] {
  if (expected === undefined) return [];
  const { state, ram } = expected;
  return [
    `GOCLI_STATE=${state.sha256}  ${state.path}`,
    `GOCLI_RAM=${ram.bytes.toFixed(0)} ${ram.blocks.toFixed(0)} ${ram.path}`,
  ];
}
