import { join } from 'node:path';
import type { ResolverFile } from '../host/resolvers.ts';
import { LABEL, type Role } from '../place/labels.ts';
import type { ContainerSpec, FileEntry, Labels, Mount, PublishedPort } from '../place/interface.ts';
import type { DeviceAccess } from '../machine/devices.ts';
import type { Accelerator } from '../machine/spec.ts';
import { renderChrony, renderDnsmasq, renderLinks, renderNat } from '../network/network-files.ts';
import { publishedPorts, type PortInfo } from '../network/ports.ts';
import type { CpuIdentity } from '../frozen/manifest.ts';
import { DISKS_FOLDER, machinesMount } from './machine-files.ts';
import { rigId } from './identity.ts';
import { containerName, dataVolume } from './names.ts';
import { nodeSubnet, type RigPlan } from './plan.ts';

/** Owner of what the registry stores. */
export const REGISTRY_USER = '107:107';

/** Everything that decides the containers of one cluster start. */
export interface RigLayout {
  readonly plan: RigPlan;
  /** Host port by `<container port>/<protocol>`. */
  readonly ports: Readonly<Record<string, number>>;
  /** Ports of its kind, and those that were asked for. */
  readonly portInfos: readonly PortInfo[];
  /** All networks inside. */
  readonly networks: readonly string[];
  readonly accelerator: Accelerator;
  readonly cpu: CpuIdentity;
  readonly access: DeviceAccess;
  readonly run: string;
  readonly version: string;
  /** Public part of the cluster's ssh key, one line. */
  readonly sshPublicKey: string;
}

/** Labels of everything that a start makes. */
export function labelsFor(layout: RigLayout, role: Role, node?: string): Labels {
  return {
    [LABEL.cluster]: rigId(layout.plan.host),
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
 * @param resolvers of the host, which change while it runs: a laptop moves, a VPN comes up
 */
export function networkContainer(layout: RigLayout, resolvers?: ResolverFile): ContainerSpec {
  const { plan } = layout;
  return {
    name: containerName.network(plan.host.name),
    image: plan.host.imageId,
    hostname: 'gateway',
    labels: { ...labelsFor(layout, 'dnsmasq'), ...limitLabel(plan.host) },
    network: 'bridge',
    ports: publishedFor(layout),
    capabilities: ['NET_ADMIN', 'NET_RAW', 'NET_BIND_SERVICE', 'SETUID', 'SETGID'],
    noNewPrivileges: true,
    devices: ['/dev/net/tun'],
    sysctls: { 'net.ipv4.ip_forward': '1' },
    mounts: [machinesMountOf(layout), ...(resolvers === undefined ? [] : [resolversMount(resolvers)])],
    ...(resolvers === undefined
      ? {}
      : { env: [`GOCLI_RESOLVERS=${join(resolversAt(resolvers), resolvers.file)}`] }),
    entrypoint: ['/usr/lib/gocli/network'],
    command: [],
  };
}

/** By which a start sees at a glance whose time may be over. */
function limitLabel({ ttlMs }: RigPlan['host']): Labels {
  return ttlMs === undefined ? {} : { [LABEL.ttl]: ttlMs.toFixed(0) };
}

/** Where the network container sees what the host says of resolvers. */
function resolversAt({ file }: ResolverFile): string {
  return file === '' ? '/run/host-resolv.conf' : '/run/host-resolvers';
}

function resolversMount(resolvers: ResolverFile): Mount {
  return { type: 'bind', source: resolvers.shown, target: resolversAt(resolvers), readOnly: true };
}

/** The volume of the machines; the network container, which is the first one, makes it. */
function machinesMountOf(layout: RigLayout): Mount {
  const { host } = layout.plan;
  const labels = { ...labelsFor(layout, 'machines'), [LABEL.image]: host.imageId };
  return { ...machinesMount(rigId(host)), labels };
}

function publishedFor(layout: RigLayout): PublishedPort[] {
  return publishedPorts(layout.plan.guest.nodes, layout.portInfos).map(({ key, port, protocol }) => ({
    containerPort: port,
    protocol,
    hostPort: layout.ports[key] ?? 0,
  }));
}

const ETC = 'etc/gocli';
/** Where the runner has that of the usual network. */
const CHRONY = 'usr/lib/gocli/chrony.conf';

/** Files of the network container, put below / before it starts. */
export function networkFiles(layout: RigLayout): FileEntry[] {
  const { guest } = layout.plan;
  const network = {
    nodes: guest.nodes,
    subnet: nodeSubnet(guest),
    networks: layout.networks,
    ports: layout.portInfos,
    qemuUid: layout.access.qemuUid,
  };
  return [
    { path: `${ETC}/links`, content: renderLinks(network) },
    { path: `${ETC}/nat.nft`, content: renderNat(network) },
    { path: `${ETC}/dnsmasq.conf`, content: renderDnsmasq(network) },
    ...(guest.network === undefined ? [] : [{ path: CHRONY, content: renderChrony(guest.network) }]),
    DISKS_FOLDER,
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
export function dataMount(layout: RigLayout): Mount {
  const source = dataVolume(rigId(layout.plan.host));
  return { type: 'volume', source, target: '/data', labels: labelsFor(layout, 'data') };
}
