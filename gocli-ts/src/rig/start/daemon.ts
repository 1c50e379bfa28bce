import { contains, hiddenBy, hostNetwork, type HostNetwork } from '../../host/routes.ts';
import { GocliError } from '../../errors/error.ts';
import { NODE_SUBNET } from '../../network/addresses.ts';
import type { BridgeNetwork, Docker, DockerInfo } from '../../place/interface.ts';
import { type RigDeps, notice } from '../deps.ts';
import { networksOf, nodeSubnet, type RigPlan } from '../plan.ts';
import { gatewayOf, proveNear, requireNear } from './reach.ts';

/** Of a daemon whose bridge does not masquerade. */
export const NOT_OUTSIDE =
  'The Docker daemon does not masquerade its network "bridge" ("ip-masq": false, or "iptables": false): unless rules of your own do, nothing in a cluster reaches what is outside of this host';

const MOVE_BRIDGE =
  'give Docker another one: "bip": "172.17.0.1/16" in /etc/docker/daemon.json, and start the daemon anew: systemctl restart docker';

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
  await proveNear(host.imageId, info, deps);
}

/**
 * What a rig would be refused for whatever its image says: looked at before one is fetched or made, which takes minutes.
 * @param network of the nodes, where one is asked for
 * @throws GocliError DOCKER_UNSUPPORTED, BAD_VALUE (a network that is in use)
 */
export async function checkGround(
  network: string | undefined,
  deps: Pick<RigDeps, 'docker' | 'naming'>,
): Promise<void> {
  const info = await deps.docker.system.info();
  requireBridge(info, network);
  await requireNear(info);
  await refuseTaken(network, deps);
}

/**
 * What machines that provisioning starts would be refused for: they have the usual network.
 * @throws GocliError DOCKER_UNSUPPORTED
 */
export async function checkProvisioning({ system }: Docker): Promise<void> {
  const info = await system.info();
  const hint = `Machines that provision have it always, so ${MOVE_BRIDGE}. Or take a finished image: gocli provider load FILE`;
  requireBridge(info, NODE_SUBNET, hint);
  await requireNear(info);
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

/**
 * What no rig can do without, whatever its plan.
 * @returns the network that network containers are put into
 * @throws GocliError DOCKER_UNSUPPORTED
 */
function requireUsable({ rootless, remapsUsers, bridge }: DockerInfo): BridgeNetwork {
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
 * @param hint what to do where they are
 * @throws GocliError DOCKER_UNSUPPORTED when it is of no use
 */
export function requireBridge(
  info: DockerInfo,
  nodes: string = NODE_SUBNET,
  hint = `Give the nodes another network: gocli run --network 10.5.0.0/24. To provision, ${MOVE_BRIDGE}`,
): BridgeNetwork {
  const bridge = requireUsable(info);
  const taken = takenBy(bridge, nodes);
  if (taken === undefined) return bridge;
  throw refusal(
    `Docker's network "bridge" is ${taken}, where the nodes of a cluster have their addresses (${nodes})`,
    hint,
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
