import { hostRoutes, isOwnAddress, overlap, type Route } from '../../host/routes.ts';
import { GocliError } from '../../errors/error.ts';
import { NODE_SUBNET } from '../../network/addresses.ts';
import type { BridgeNetwork, DockerInfo } from '../../place/port.ts';
import type { RigDeps } from '../deps.ts';
import { kindOf, type Kind } from '../kind.ts';
import type { GuestPlan, RigPlan } from '../plan.ts';
import { proveReachable } from './reach.ts';
import { notice } from './starting.ts';

/**
 * Whether the daemon and its networks are such that a rig of this plan can live there, before anything of it is made.
 * @throws GocliError DOCKER_UNSUPPORTED, DOCKER_UNREACHABLE
 */
export async function checkDaemon({ guest, host }: RigPlan, deps: RigDeps): Promise<void> {
  const [info, routes] = await Promise.all([deps.docker.system.info(), hostRoutes()]);
  const gateway = gatewayOf(requireBridge(info));
  for (const text of overlaps(networksOf(guest, deps.kinds), routes)) notice(deps, text, 'warning');
  // Where the daemon's end of the bridge is, there are its ports. Elsewhere they may be, forwarded.
  if (gateway !== undefined && (await isOwnAddress(gateway))) return;
  await proveReachable(host.imageId, gateway, deps);
}

/** Docker 20.10 names no gateway of a bridge that it did not make anew since the host started: it is the first address. */
function gatewayOf({ gateway, subnets }: BridgeNetwork): string | undefined {
  const network = subnets.find((subnet) => subnet.includes('.'));
  return gateway ?? network?.replace(/\.0\/\d+$/, '.1');
}

/** The network that network containers are put into. @throws GocliError DOCKER_UNSUPPORTED when it is of no use */
export function requireBridge({ rootless, remapsUsers, bridge }: DockerInfo): BridgeNetwork {
  const refuse = (message: string, hint: string): GocliError =>
    new GocliError('DOCKER_UNSUPPORTED', message, { hint });
  if (rootless || remapsUsers) {
    const how = rootless ? 'is rootless' : 'gives containers other users of the host (userns-remap)';
    throw refuse(
      `the Docker daemon ${how}: its containers may not open /dev/net/tun and /dev/kvm, which machines need`,
      rootless
        ? 'Use the daemon of the host: docker context use default, or DOCKER_HOST=unix:///var/run/docker.sock'
        : 'Take userns-remap out of /etc/docker/daemon.json, or start a second daemon without it beside this one',
    );
  }
  if (bridge === undefined) {
    throw refuse(
      'the Docker daemon has no network "bridge", through which a cluster reaches the host',
      'Take "bridge": "none" out of /etc/docker/daemon.json, and start the daemon anew: systemctl restart docker',
    );
  }
  const own = bridge.subnets.find((subnet) => subnet.includes('.') && overlap(subnet, NODE_SUBNET));
  if (own === undefined) return bridge;
  throw refuse(
    `Docker's network "bridge" is ${own}, where the nodes of each cluster have their addresses (${NODE_SUBNET})`,
    'Give it another one in /etc/docker/daemon.json, for example "bip": "172.17.0.1/16", and start the daemon anew',
  );
}

/** Networks of a rig, by who has the addresses. */
function networksOf(guest: GuestPlan, kinds: readonly Kind[]): Readonly<Record<string, string>> {
  return { nodes: NODE_SUBNET, ...kindOf(kinds, guest).networks?.(guest) };
}

/** What a rig hides from its guests: a line for each of its networks that the host has a route into. */
export function overlaps(networks: Readonly<Record<string, string>>, routes: readonly Route[]): string[] {
  return Object.entries(networks).flatMap(([whose, network]) => {
    const found = routes.filter((route) => overlap(network, route.network));
    if (found.length === 0) return [];
    const words = found.map((route) => `${route.network} by ${route.device}`).join(', ');
    return [
      `The network of the ${whose}, ${network}, overlaps with routes of this host (${words}): the cluster works, but nothing in it reaches what lies there. What is to be done: docs/host.md`,
    ];
  });
}
