import { frozenFiles } from '../frozen/frozen-files.ts';
import type { CpuIdentity, FrozenMachine } from '../frozen/manifest.ts';
import { templateMount } from '../frozen/templates.ts';
import { machineContainer, type ExpectedFiles } from '../machine/container.ts';
import type { GuestMemory, MachineSpec } from '../machine/spec.ts';
import { nodeMac, nodeName, tapName, vncPort } from '../network/addresses.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerSpec, Mount } from '../place/interface.ts';
import { IMAGE_PATH } from '../provider/image-path.ts';
import { dataMount, labelsFor, type RigLayout } from './container-specs.ts';
import { rigId } from './identity.ts';
import { machineDisk, machinesMount } from './machine-files.ts';
import { containerName, dataVolume } from './names.ts';
import { nodePlan, type RigPlan } from './plan.ts';

/**
 * Where the machines of a start come from: a boot, a boot with memory and disk in the volume of a coming template, the
 * state that a template keeps, or a snapshot; or a snapshot that becomes a template without running.
 */
export type Origin =
  | {
      readonly kind: 'boot';
      /** Path of its disk, if that is not in the volume of a rig's machines. */
      readonly disk?: string;
    }
  | OwnOrigin
  | { readonly kind: 'build'; readonly template: string }
  | {
      readonly kind: 'thaw';
      readonly template: string;
      readonly machines: readonly FrozenMachine[];
      /** Not set for a template that was made a moment ago. */
      readonly verify: boolean;
    }
  | RestoreOrigin
  | {
      readonly kind: 'bake';
      /** The coming template. */
      readonly template: string;
      /** Id of the rig whose data volume holds the snapshot. */
      readonly rig: string;
    };

/** Machines that boot from the disks that they have. */
interface OwnOrigin {
  readonly kind: 'own';
  /** The template whose disks lie below, or in whose volume the disks themselves are. */
  readonly template: string | undefined;
  readonly within: boolean;
}

/** Machines that are loaded from a snapshot. */
interface RestoreOrigin {
  readonly kind: 'restore';
  /** Folder of the snapshot in the data volume of the cluster. */
  readonly folder: string;
  /** The template whose disks lie below those of the snapshot. */
  readonly template: string | undefined;
}

/** Makes the guest grow its file system to its disk; see guest/debian-13/files/etc/systemd/system/gocli-grow.service. */
const GROW = 'gocli.grow';

/** Of a further node, a quarter of what the control plane has. */
const WORKER_SHARES = 256;

function dataMountFor(layout: RigLayout, origin: Origin): Mount {
  // Only the registry's container fills a new volume: two that are made at once would get into each other's way.
  if (origin.kind !== 'bake') return { ...dataMount(layout), noCopy: true };
  return { type: 'volume', source: dataVolume(origin.rig), target: '/data', readOnly: true };
}

/** Whether memory and disk lie in the volume of a coming template. */
function isMaking({ kind }: Origin): boolean {
  return kind === 'build' || kind === 'bake';
}

export function nodeContainer(
  layout: RigLayout,
  index: number,
  networkId: string,
  origin: Origin,
): ContainerSpec {
  const { plan } = layout;
  const template = origin.kind === 'boot' ? undefined : origin.template;
  const access = isMaking(origin) || (origin.kind === 'own' && origin.within) ? 'write' : 'read';
  return machineContainer(machineSpec(layout, index, origin), {
    name: containerName.node(plan.host.name, index),
    image: plan.host.imageId,
    network: `container:${networkId}`,
    labels: {
      ...labelsFor(layout, 'node', nodeName(index)),
      ...(template === undefined ? {} : { [LABEL.template]: template }),
    },
    mounts: [
      dataMountFor(layout, origin),
      ...(isMaking(origin) ? [] : [machinesMount(rigId(plan.host))]),
      ...(template === undefined ? [] : [templateMount(template, access)]),
    ],
    access: layout.access,
    // The API answers all others, so its machine goes first.
    ...(index === 1 ? {} : { cpuShares: WORKER_SHARES }),
    ...expectedOf(index, origin),
    ...copiedDisk(nodeName(index), plan, origin),
  });
}

function copiedDisk(node: string, { guest }: RigPlan, origin: Origin): { copyDiskFrom?: string } {
  if (origin.kind !== 'restore' || !guest.disk) return {};
  return { copyDiskFrom: frozenFiles(node, origin.folder).disk };
}

/** Name of the frozen machine that one goes on from, or becomes: its own one's, unless one stands for several. */
function frozenName(index: number, origin: Origin): string {
  const own = nodeName(index);
  return origin.kind === 'thaw' ? (origin.machines[index - 1]?.name ?? own) : own;
}

function expectedOf(index: number, origin: Origin): { expected: ExpectedFiles } | undefined {
  const machine = origin.kind === 'thaw' && origin.verify ? origin.machines[index - 1] : undefined;
  if (machine === undefined) return undefined;
  const { ram, state } = frozenFiles(machine.name);
  return { expected: { state: { path: state, ...machine.state }, ram: { path: ram, ...machine.ram } } };
}

/** The machine of one node. Host name and ssh key reach the guest as systemd credentials; nothing is in the image. */
export function machineSpec(
  {
    plan,
    accelerator,
    cpu,
    sshPublicKey,
  }: Pick<RigLayout, 'plan' | 'accelerator' | 'sshPublicKey'> & {
    readonly cpu: Pick<CpuIdentity, 'model'>;
  },
  index: number,
  origin: Origin,
): MachineSpec {
  const { kernelArgs, disk, diskMiB } = plan.guest;
  const { cpus, memoryMiB } = nodePlan(plan.guest, index);
  const files = frozenFiles(frozenName(index, origin));
  return {
    name: nodeName(index),
    cpus,
    memoryMiB,
    accelerator,
    cpuModel: cpu.model,
    kernel: IMAGE_PATH.kernel,
    initrd: IMAGE_PATH.initrd,
    kernelArgs: diskMiB === undefined ? kernelArgs : [...kernelArgs, GROW],
    ...(disk ? { disk: { ...diskOf(index, origin), sizeMiB: diskMiB } } : {}),
    memory: memoryOf(files.ram, origin),
    incoming: !['boot', 'build', 'own'].includes(origin.kind),
    mac: nodeMac(index),
    tap: tapName(index),
    vncPort: vncPort(index),
    credentials: { 'ssh.authorized_keys.root': sshPublicKey, 'system.hostname': nodeName(index) },
  };
}

function memoryOf(path: string, origin: Origin): GuestMemory {
  if (isMaking(origin)) return { kind: 'shared', path };
  return origin.kind === 'thaw' ? { kind: 'template', path } : { kind: 'private' };
}

function diskOf(index: number, origin: Origin): { backing: string; overlay: string } {
  const node = nodeName(index);
  const frozen = frozenFiles(frozenName(index, origin)).disk;
  switch (origin.kind) {
    case 'boot':
      return { backing: IMAGE_PATH.disk, overlay: origin.disk ?? machineDisk(node) };
    // The overlay is a copy of the snapshot's, which names its backing file itself.
    case 'restore':
      return { backing: IMAGE_PATH.disk, overlay: machineDisk(node) };
    case 'build':
    case 'bake':
      return { backing: IMAGE_PATH.disk, overlay: frozen };
    case 'thaw':
      return { backing: frozen, overlay: machineDisk(node) };
    // It is there, and names its backing file itself; but of a rig that was about to become a clone it may not be.
    case 'own':
      return origin.within || origin.template === undefined
        ? { backing: IMAGE_PATH.disk, overlay: origin.within ? frozen : machineDisk(node) }
        : { backing: frozen, overlay: machineDisk(node) };
  }
}
