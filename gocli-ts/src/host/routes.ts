import { readFile } from 'node:fs/promises';
import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { portProblem } from './free-ports.ts';
import { resolverAddresses } from './resolvers.ts';

/** Where packets for a network go. */
export interface Route {
  /** `10.8.0.0/16` */
  readonly network: string;
  readonly device: string;
  /** Whether who has its addresses is a neighbour, as in a LAN, and neither behind a gateway nor at the end of a tunnel. */
  readonly direct: boolean;
}

/** The IPv4 routes of this host but for the default one and those of Docker; none where that cannot be read. */
async function hostRoutes(): Promise<Route[]> {
  const text = await readFile('/proc/net/route', 'utf8').catch(() => '');
  const routes = parseRoutes(text).filter(({ device }) => !DOCKER_BRIDGE.test(device));
  return Promise.all(
    routes.map(async (route) => ({ ...route, direct: route.direct && (await hasNeighbours(route.device)) })),
  );
}

/** Flag of a route that has a gateway (linux/route.h, RTF_GATEWAY). */
const GATEWAY = 0x2;
/** Flags of an interface with one other end, or that asks for no neighbour, as tunnels have them (netdevice(7): IFF_POINTOPOINT, IFF_NOARP). */
const TUNNEL = 0x10 | 0x80;

async function hasNeighbours(device: string): Promise<boolean> {
  // What is not known is not said.
  const flags = await readFile(`/sys/class/net/${device}/flags`, 'utf8').catch(() => undefined);
  return flags !== undefined && (Number(flags) & TUNNEL) === 0;
}

/**
 * Pure part: text of /proc/net/route, whose addresses are numbers in the byte order of this host, as hexadecimals. Which
 * devices are tunnels it does not say.
 */
export function parseRoutes(text: string): Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device = '', target = '', , flags = '', , , , mask = ''] = line
        .split('\t')
        .map((cell) => cell.trim());
      if (!/^[0-9A-F]{8}$/.test(target) || !/^[0-9A-F]{8}$/.test(mask)) return [];
      const length = bitsOf(mask);
      // Nothing that a default route leads to is missed more than anything else.
      if (length === 0) return [];
      const direct = (parseInt(flags, 16) & GATEWAY) === 0;
      return [{ network: `${dotted(target)}/${length.toFixed(0)}`, device, direct }];
    });
}

function dotted(hex: string): string {
  return [6, 4, 2, 0].map((at) => parseInt(hex.slice(at, at + 2), 16).toFixed(0)).join('.');
}

function bitsOf(hex: string): number {
  return parseInt(hex, 16).toString(2).replaceAll('0', '').length;
}

/** Whether two IPv4 networks, `10.0.0.0/8`, have an address in common: then one is a part of the other. */
export function overlap(one: string, other: string): boolean {
  return contains(one, other) || contains(other, one);
}

/** Whether a network, or an address, is wholly within another one. */
export function contains(outer: string, inner: string): boolean {
  const [address = '', length = ''] = outer.split('/');
  const list = new BlockList();
  list.addSubnet(address, Number(length), 'ipv4');
  const [first = '', bits = '32'] = inner.split('/');
  return Number(bits) >= Number(length) && list.check(first, 'ipv4');
}

/** What this host itself has to do with addresses of others. */
export interface HostNetwork {
  readonly routes: readonly Route[];
  /** IPv4 addresses of this host. */
  readonly addresses: readonly string[];
  /** Resolvers that it asks over IPv4. */
  readonly resolvers: readonly string[];
}

/**
 * Networks of Docker, by the names that it gives to its bridges (moby, libnetwork/drivers/bridge): the daemon lets
 * nothing through from one to another, so that no cluster reaches them anyway.
 */
const DOCKER_BRIDGE = /^(docker\d+|docker_gwbridge|br-[0-9a-f]{12})$/;

/** As far as clusters may have to reach it. */
export async function hostNetwork(
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): Promise<HostNetwork> {
  const others = Object.entries(interfaces).filter(([name]) => !DOCKER_BRIDGE.test(name));
  return {
    routes: await hostRoutes(),
    // The interface of loopback may have others than its own, by which this host is reached however it is connected.
    addresses: others.flatMap(([, own = []]) =>
      own.flatMap(({ family, address }) =>
        family === 'IPv4' && !address.startsWith('127.') ? [address] : [],
      ),
    ),
    resolvers: resolverAddresses(),
  };
}

/** Length of the widest network that is taken for a LAN, whose neighbours may have any of its addresses. */
const WIDEST_LAN = 16;

/**
 * What of this host's surroundings has addresses of a network, so that nothing in that network reaches it: a line for
 * each. A route that is wider than the network says nothing of that part where it leads elsewhere, as VPNs have them for
 * all private addresses; of a LAN that this host is in it does.
 */
export function hiddenBy(network: string, { routes, addresses, resolvers }: HostNetwork): string[] {
  return [
    ...routes.flatMap((route) => {
      const { network: target, device, direct } = route;
      if (contains(network, target)) return [`${target} by ${device}`];
      const isLan = direct && Number(target.split('/')[1]) >= WIDEST_LAN;
      return isLan && contains(target, network) ? [`a part of ${target} by ${device}`] : [];
    }),
    ...addresses.filter((one) => contains(network, one)).map((one) => `this host itself, ${one}`),
    ...resolvers.filter((one) => contains(network, one)).map((one) => `the resolver ${one}`),
  ];
}

/**
 * Whether an interface of this process's network has an address. It is bound, since Node lists no interface without a
 * carrier, such as Docker's bridge while no container runs.
 */
export async function isOwnAddress(address: string): Promise<boolean> {
  return (await portProblem(0, 'tcp', address)) === undefined;
}
