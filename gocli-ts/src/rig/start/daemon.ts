import { hostname } from 'node:os';
import { contains, hiddenBy, hostNetwork, isOwnAddress, type HostNetwork } from '../../host/routes.ts';
import { GocliError } from '../../errors/error.ts';
import { NODE_SUBNET } from '../../network/addresses.ts';
import type { BridgeNetwork, DockerInfo } from '../../place/interface.ts';
import { type RigDeps, notice } from '../deps.ts';
import { networksOf, nodeSubnet, type RigPlan } from '../plan.ts';
import { proveReachable } from './reach.ts';

/** Of a daemon whose bridge does not masquerade. */
export const NOT_OUTSIDE =
  'The Docker daemon does not masquerade its network "bridge" ("ip-masq": false, or "iptables": false): unless rules of your own do, nothing in a cluster reaches what is outside of this host';

/**
 * Whether the daemon and its networks are such that a rig of this plan can live there, before anything of it is made.
 * @throws GocliError DOCKER_UNSUPPORTED, DOCKER_UNREACHABLE
 */
export async function checkDaemon({ guest, host }: RigPlan, deps: RigDeps): Promise<void> {
  const [info, around] = await Promise.all([deps.docker.system.info(), hostNetwork()]);
  const gateway = gatewayOf(requireBridge(info, nodeSubnet(guest)));
  // As host.gocli.internal that address of the host is asked for on purpose.
  const addresses = [...around.addresses, ...(gateway === undefined ? [] : [gateway])];
  for (const text of overlaps(networksOf(guest, deps.kinds), { ...around, addresses }))
    notice(deps, text, 'warning');
  if (info.bridge?.masquerades === false)
    notice(deps, `${NOT_OUTSIDE}. What is to be done: docs/host.md`, 'warning');
  // Where the daemon's end of the bridge is, there are its ports. Elsewhere they may be, forwarded. A container with a
  // daemon of its own has such an address, too, but not the socket of the host's; and here may listen who forwards a
  // socket or a port to a daemon elsewhere, whose host has another name.
  const near = gateway !== undefined && (await isOwnAddress(gateway));
  if (near && info.isHere === true && info.hostName === hostname()) return;
  await proveReachable(host.imageId, near ? undefined : gateway, deps);
}

/**
 * Refuses a network of nodes that was asked for where the host has something else. One that a rig has had before stays.
 * @throws GocliError BAD_VALUE
 */
export async function refuseTaken(
  network: string | undefined,
  { naming }: Pick<RigDeps, 'naming'>,
  around?: HostNetwork,
): Promise<void> {
  // The usual one is spoken of, and no more.
  if (network === undefined || network === NODE_SUBNET) return;
  const hidden = hiddenBy(network, around ?? (await hostNetwork()));
  if (hidden.length === 0) return;
  throw new GocliError(
    'BAD_VALUE',
    `${naming.of('network')} or GOCLI_NETWORK: ${network} is in use at this host: ${hidden.join(', ')}`,
    {
      hint: 'Choose one to which no route of this host leads: ip route',
    },
  );
}

/** Docker 20.10 names no gateway of a bridge that it did not make anew since the host started: it is the first address. */
function gatewayOf({ gateway, subnets }: BridgeNetwork): string | undefined {
  const network = subnets.find((subnet) => subnet.includes('.'));
  return gateway ?? network?.replace(/(\d+)\/\d+$/, (_, last: string) => (Number(last) + 1).toFixed(0));
}

/**
 * What no rig can do without, whatever its plan: this much is looked at before an image is fetched or made for one.
 * @returns the network that network containers are put into
 * @throws GocliError DOCKER_UNSUPPORTED
 */
export function requireUsable({ rootless, remapsUsers, bridge }: DockerInfo): BridgeNetwork {
  if (rootless || remapsUsers) {
    // Taps can be made in a namespace of users where /dev/net/tun is open to all, as udev makes it: tried with unshare.
    throw refusal(
      rootless
        ? 'the Docker daemon is rootless, which clusters are not made for: its containers are not in the group of /dev/kvm, and this host is not their gateway'
        : 'the Docker daemon gives containers other users of the host (userns-remap), which clusters are not made for: these are not in the group of /dev/kvm',
      rootless
        ? 'Use the daemon of the host: docker context use default, or DOCKER_HOST=unix:///var/run/docker.sock'
        : 'Take userns-remap out of /etc/docker/daemon.json, or start a second daemon without it beside this one',
    );
  }
  if (bridge !== undefined) return bridge;
  throw refusal(
    'the Docker daemon has no network "bridge", through which a cluster reaches the host',
    'Take "bridge": "none" out of /etc/docker/daemon.json, and start the daemon anew: systemctl restart docker',
  );
}

/**
 * The same, where its addresses are not in the way either.
 * @param nodes network of the nodes
 * @throws GocliError DOCKER_UNSUPPORTED when it is of no use
 */
export function requireBridge(info: DockerInfo, nodes: string = NODE_SUBNET): BridgeNetwork {
  const bridge = requireUsable(info);
  const taken = takenBy(bridge, nodes);
  if (taken === undefined) return bridge;
  throw refusal(
    `Docker's network "bridge" is ${taken}, where the nodes of a cluster have their addresses (${nodes})`,
    'Give the nodes another network: gocli run --network 10.5.0.0/24',
  );
}

function refusal(message: string, hint: string): GocliError {
  return new GocliError('DOCKER_UNSUPPORTED', message, { hint });
}

/** A wider network is none that is in the way: containers get its first addresses, and that of the nodes counts within. */
function takenBy(bridge: BridgeNetwork, nodes: string): string | undefined {
  const own = bridge.subnets.filter((subnet) => subnet.includes('.'));
  const gateway = gatewayOf(bridge);
  if (gateway !== undefined && contains(nodes, gateway)) return own[0] ?? gateway;
  return own.find((subnet) => contains(nodes, subnet));
}

/** A line for each network of a rig that has addresses of others, which nothing in it reaches then. */
export function overlaps(networks: Readonly<Record<string, string>>, around: HostNetwork): string[] {
  return Object.entries(networks).flatMap(([whose, network]) => {
    // Only the network of the nodes is there for what asks the resolvers.
    const found = hiddenBy(network, whose === 'nodes' ? around : { ...around, resolvers: [] });
    if (found.length === 0) return [];
    return [
      `The network of the ${whose}, ${network}, has addresses that this host uses (${found.join(', ')}): the cluster works, but nothing in it reaches what lies there. What is to be done: docs/host.md`,
    ];
  });
}
