import { IMAGE_PATH } from '../provider/image-path.ts';
import { LABEL, type Role } from '../place/labels.ts';
import type { ContainerSpec, FileEntry, Labels, Mount, PublishedPort } from '../place/port.ts';
import { machineContainer, type ExpectedFiles } from '../machine/container.ts';
import type { DeviceAccess } from '../machine/devices.ts';
import { MACHINE_PATH, type Accelerator, type GuestMemory, type MachineSpec } from '../machine/spec.ts';
import { nodeMac, nodeName, tapName, vncPort } from '../network/addresses.ts';
import { renderDnsmasq, renderLinks, renderNat } from '../network/files.ts';
import { publishedPorts, type PortInfo } from '../network/ports.ts';
import { frozenFiles } from '../frozen/files.ts';
import type { CpuIdentity, FrozenMachine } from '../frozen/manifest.ts';
import { templateMount } from '../frozen/templates.ts';
import { containerName, dataVolume } from './names.ts';
import { nodePlan, type RigPlan } from './plan.ts';

/**
 * Where the machines of a start come from: a boot, a boot with memory and disk in the volume of a coming template, the
 * state that a template keeps, or a snapshot; or a snapshot that becomes a template without running.
 */
export type Origin =
  | { readonly kind: 'boot' }
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
      /** The cluster whose data volume holds the snapshot. */
      readonly cluster: string;
    };

/** Machines that are loaded from a snapshot. */
interface RestoreOrigin {
  readonly kind: 'restore';
  /** Folder of the snapshot in the data volume of the cluster. */
  readonly folder: string;
  /** The template whose disks lie below those of the snapshot. */
  readonly template: string | undefined;
}

/** Owner of what the registry stores. */
export const REGISTRY_USER = '107:107';

/** Makes the guest grow its file system to its disk; see guest/debian-13/files/etc/systemd/system/gocli-grow.service. */
const GROW = 'gocli.grow';

/** Of a further node, a quarter of what the control plane has. */
const WORKER_SHARES = 256;

/** Everything that decides the containers of one cluster start. */
export interface RigLayout {
  readonly plan: RigPlan;
  /** Host port by `<container port>/<protocol>`. */
  readonly ports: Readonly<Record<string, number>>;
  /** Ports of its kind. */
  readonly kindPorts: readonly PortInfo[];
  readonly accelerator: Accelerator;
  readonly cpu: CpuIdentity;
  readonly access: DeviceAccess;
  readonly run: string;
  readonly version: string;
  /** Public part of the cluster's ssh key, one line. */
  readonly sshPublicKey: string;
}

function labelsFor(layout: RigLayout, role: Role, node?: string): Labels {
  return {
    [LABEL.cluster]: layout.plan.host.name,
    [LABEL.role]: role,
    [LABEL.provider]: layout.plan.guest.provider,
    [LABEL.run]: layout.run,
    [LABEL.version]: layout.version,
    ...(node === undefined ? {} : { [LABEL.node]: node }),
  };
}

/**
 * The container that owns the namespace. Its capabilities are the measured minimum: NET_ADMIN for the bridge, the taps
 * and the rules, NET_RAW and NET_BIND_SERVICE for DHCP and DNS, SETUID and SETGID for dnsmasq's start.
 */
export function networkContainer(layout: RigLayout): ContainerSpec {
  const { plan } = layout;
  return {
    name: containerName.network(plan.host.name),
    image: plan.host.imageId,
    hostname: 'gateway',
    labels: labelsFor(layout, 'dnsmasq'),
    network: 'bridge',
    ports: publishedFor(layout),
    capabilities: ['NET_ADMIN', 'NET_RAW', 'NET_BIND_SERVICE', 'SETUID', 'SETGID'],
    noNewPrivileges: true,
    devices: ['/dev/net/tun'],
    sysctls: { 'net.ipv4.ip_forward': '1' },
    entrypoint: ['/usr/lib/gocli/network'],
    command: [],
  };
}

function publishedFor(layout: RigLayout): PublishedPort[] {
  return publishedPorts(layout.plan.guest.nodes, layout.kindPorts).map(({ key, port, protocol }) => ({
    containerPort: port,
    protocol,
    hostPort: layout.ports[key] ?? 0,
  }));
}

/** Files of the network container, put below /etc/gocli before it starts. */
export function networkFiles(layout: RigLayout): FileEntry[] {
  const network = {
    nodes: layout.plan.guest.nodes,
    ports: layout.kindPorts,
    qemuUid: layout.access.qemuUid,
  };
  return [
    { path: 'links', content: renderLinks(network) },
    { path: 'nat.nft', content: renderNat(network) },
    { path: 'dnsmasq.conf', content: renderDnsmasq(network) },
  ];
}

export function registryContainer(layout: RigLayout, networkId: string): ContainerSpec {
  const { name, imageId } = layout.plan.host;
  return {
    name: containerName.registry(name),
    image: imageId,
    labels: labelsFor(layout, 'registry'),
    network: `container:${networkId}`,
    capabilities: [],
    noNewPrivileges: true,
    user: REGISTRY_USER,
    mounts: [dataMount(layout)],
    entrypoint: ['docker-registry'],
    command: ['serve', '/etc/gocli/registry.yml'],
  };
}

/** The cluster's own volume: what its registry stores, and its snapshots. */
function dataMount(layout: RigLayout): Mount {
  const { name } = layout.plan.host;
  return { type: 'volume', source: dataVolume(name), target: '/data', labels: labelsFor(layout, 'data') };
}

function dataMountFor(layout: RigLayout, origin: Origin): Mount {
  // Only the registry's container fills a new volume: two that are made at once would get into each other's way.
  if (origin.kind !== 'bake') return { ...dataMount(layout), noCopy: true };
  return { type: 'volume', source: dataVolume(origin.cluster), target: '/data', readOnly: true };
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
  const access = isMaking(origin) ? 'write' : 'read';
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
      ...(template === undefined ? [] : [templateMount(template, access)]),
    ],
    access: layout.access,
    // The API answers all others, so its machine goes first.
    ...(index === 1 ? {} : { cpuShares: WORKER_SHARES }),
    ...expectedOf(nodeName(index), origin),
    ...copiedDisk(nodeName(index), plan, origin),
  });
}

function copiedDisk(node: string, { guest }: RigPlan, origin: Origin): { copyDiskFrom?: string } {
  if (origin.kind !== 'restore' || !guest.disk) return {};
  return { copyDiskFrom: frozenFiles(node, origin.folder).disk };
}

function expectedOf(node: string, origin: Origin): { expected: ExpectedFiles } | undefined {
  const machine =
    origin.kind === 'thaw' && origin.verify ? origin.machines.find(({ name }) => name === node) : undefined;
  if (machine === undefined) return undefined;
  const { ram, state } = frozenFiles(node);
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
  const files = frozenFiles(nodeName(index));
  return {
    name: nodeName(index),
    cpus,
    memoryMiB,
    accelerator,
    cpuModel: cpu.model,
    kernel: IMAGE_PATH.kernel,
    initrd: IMAGE_PATH.initrd,
    kernelArgs: diskMiB === undefined ? kernelArgs : [...kernelArgs, GROW],
    ...(disk ? { disk: { ...diskOf(files.disk, origin), sizeMiB: diskMiB } } : {}),
    memory: memoryOf(files.ram, origin),
    incoming: origin.kind !== 'boot' && origin.kind !== 'build',
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

function diskOf(frozen: string, { kind }: Origin): { backing: string; overlay: string } {
  switch (kind) {
    case 'boot':
    // The overlay is a copy of the snapshot's, which names its backing file itself.
    case 'restore':
      return { backing: IMAGE_PATH.disk, overlay: MACHINE_PATH.overlay };
    case 'build':
    case 'bake':
      return { backing: IMAGE_PATH.disk, overlay: frozen };
    case 'thaw':
      return { backing: frozen, overlay: MACHINE_PATH.overlay };
  }
}
