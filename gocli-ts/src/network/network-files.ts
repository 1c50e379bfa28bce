import {
  BRIDGE,
  BRIDGE_MAC,
  OWN_MACS,
  addressIn,
  gatewayAddress,
  nodeAddress,
  nodeMac,
  nodeName,
  sshPort,
  tapName,
  twoDigits,
} from './addresses.ts';
import type { PortInfo } from './ports.ts';

/** What decides the network of a cluster. */
export interface NetworkPlan {
  /** Network of the nodes: `192.168.66.0/24`. */
  readonly subnet: string;
  /** All networks inside, that one among them. */
  readonly networks: readonly string[];
  readonly nodes: number;
  /** Ports of its kind; those with a port of a node are forwarded. */
  readonly ports: readonly PortInfo[];
  /** uid that qemu runs as; the taps belong to it, so that qemu needs no capability. */
  readonly qemuUid: number;
}

/** Input of `ip -batch`: the bridge and one tap per node. */
export function renderLinks({
  nodes,
  subnet,
  qemuUid,
}: Pick<NetworkPlan, 'nodes' | 'subnet' | 'qemuUid'>): string {
  const taps = indices(nodes).flatMap((index) => [
    `tuntap add dev ${tapName(index)} mode tap user ${qemuUid.toFixed(0)}`,
    `link set dev ${tapName(index)} master ${BRIDGE} up`,
  ]);
  return lines([
    `link add name ${BRIDGE} address ${BRIDGE_MAC} type bridge`,
    `address add ${gatewayAddress(subnet)}/24 dev ${BRIDGE}`,
    `link set dev ${BRIDGE} up`,
    ...taps,
  ]);
}

/**
 * Input of `nft -f`: published ports to the nodes, and masquerading both ways. Towards the bridge only what came through
 * a published port is masqueraded: where the host has br_netfilter loaded, frames from node to node pass these rules too,
 * with the addresses of pods, and must keep them.
 */
export function renderNat({ nodes, subnet, ports }: Pick<NetworkPlan, 'nodes' | 'subnet' | 'ports'>): string {
  const ssh = indices(nodes).map((index) => dnat('tcp', sshPort(index), `${nodeAddress(index, subnet)}:22`));
  const named = ports
    .filter(
      ({ nodePort, port }, at) =>
        nodePort !== undefined && ports.findIndex((other) => other.port === port) === at,
    )
    .map(({ protocol, port, nodePort, node = 1 }) =>
      dnat(protocol, port, `${nodeAddress(node, subnet)}:${(nodePort ?? port).toFixed(0)}`),
    );
  return lines([
    'table ip gocli {',
    '  chain prerouting {',
    '    type nat hook prerouting priority dstnat;',
    ...[...ssh, ...named].map((rule) => `    ${rule}`),
    '  }',
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat;',
    `    ip saddr ${subnet} oifname != "${BRIDGE}" masquerade`,
    `    ip saddr != ${subnet} oifname "${BRIDGE}" ct status dnat masquerade`,
    '  }',
    '  chain forward {',
    '    type filter hook forward priority mangle;',
    ...['iifname', 'oifname'].map(
      (side) =>
        `    ${side} "eth0" tcp flags & (syn | rst) == syn tcp option maxseg size set ${LARGEST_SEGMENT}`,
    ),
    '  }',
    '}',
  ]);
}

/**
 * Bytes of a TCP segment between guests and the world, both ways: 1280 without the headers of IPv4 and TCP. Guests have
 * an MTU of 1500, which templates remember, and so has Docker's bridge, whatever way out of the host is narrower: a VPN,
 * a cloud's network, perhaps since an hour ago. To find that out takes ICMP messages that firewalls swallow. The rule
 * never raises what the two ends announce (nft(8), `tcp option maxseg`).
 */
const LARGEST_SEGMENT = 1240;

/**
 * Configuration of dnsmasq. Names of nodes are host records, not names learnt from leases: a machine that was
 * saved and loaded does not ask DHCP again. Leases never end and are handed out without a ping (3 s each). What the names
 * and addresses here do not have, such as an IPv6 address, is answered here, too (`local`): no resolver of the host, which
 * may be dead, is asked.
 */
export function renderDnsmasq({
  nodes,
  subnet,
  networks,
}: Pick<NetworkPlan, 'nodes' | 'subnet' | 'networks'>): string {
  const gateway = gatewayAddress(subnet);
  return lines([
    // It can read what everybody can of the folder of the host that is mounted for it.
    'user=nobody',
    `interface=${BRIDGE}`,
    'except-interface=lo',
    'bind-interfaces',
    'no-hosts',
    'no-ping',
    'cache-size=1000',
    // Other resolvers may give other answers, and that there is no such name may be remembered for hours (RFC 2308).
    'clear-on-reload',
    'log-facility=-',
    'dhcp-authoritative',
    'dhcp-leasefile=/run/dnsmasq.leases',
    `dhcp-range=${addressIn(subnet, 10)},${addressIn(subnet, 200)},infinite`,
    `dhcp-option=option:router,${gateway}`,
    `dhcp-option=option:dns-server,${gateway}`,
    `host-record=registry,${gateway}`,
    // host.gocli.internal is said by the network container, which knows the address; nothing below is asked elsewhere.
    'local=/gocli.internal/registry/',
    // A line each: dnsmasq reads 1024 bytes of one, and a network of an odd size has up to 128 zones.
    ...networks.flatMap(reverseZones).map((zone) => `local=/${zone}/`),
    ...indices(nodes).flatMap((index) => [
      `dhcp-host=${nodeMac(index)},${OWN_MACS}:${twoDigits(index)},${nodeAddress(index, subnet)},${nodeName(index)},infinite`,
      `host-record=${nodeName(index)},${nodeAddress(index, subnet)}`,
      `local=/${nodeName(index)}/`,
    ]),
  ]);
}

/** Configuration of chronyd for another network than that of the runner's own, in whose place it is put. */
export function renderChrony(subnet: string): string {
  return lines([
    'local stratum 8',
    `bindaddress ${gatewayAddress(subnet)}`,
    `allow ${subnet}`,
    'cmdport 0',
    'bindcmdaddress /',
    'pidfile /run/chronyd.pid',
  ]);
}

/** 66.168.192.in-addr.arpa for 192.168.66.0/24, sixteen of two labels for a /12 (RFC 1035, 3.5). */
function reverseZones(network: string): string[] {
  const [address = '', prefix = '32'] = network.split('/');
  const labels = Math.max(1, Math.ceil(Number(prefix) / 8));
  const bytes = address.split('.').slice(0, labels).map(Number);
  const last = bytes.pop() ?? 0;
  return Array.from({ length: 2 ** (8 * labels - Number(prefix)) }, (_, at) =>
    [last + at, ...bytes.toReversed(), 'in-addr.arpa'].join('.'),
  );
}

function dnat(protocol: string, port: number, target: string): string {
  return `iifname "eth0" ${protocol} dport ${port.toFixed(0)} dnat to ${target}`;
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

function lines(list: readonly string[]): string {
  return `${list.join('\n')}\n`;
}
