import { gatewayAddress, nodeAddress, NODE_SUBNET } from '../network/addresses.ts';
import { filesInput, PUT_FILES } from './guest-files.ts';
import { POD_OPTIONS, POD_OPTIONS_SCRIPT } from './pod-options.ts';

/** What decides the pod network of a node. */
export interface NodeNetwork {
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  /** Network of the nodes. */
  readonly subnet: string;
  /** Number of the node, 1 for node01, and how many there are. */
  readonly index: number;
  readonly nodes: number;
}

/**
 * The part of the pod network that a node gets: the /24 of its number, 10.244.0.0/24 for node01. The controller manager
 * takes what a Node object already says.
 */
export function podCidr(podSubnet: string, index: number): string {
  const [first = '10', second = '244'] = podSubnet.split('.');
  return `${first}.${second}.${index - 1}.0/24`;
}

const POD_OPTIONS_PLUGIN = `/opt/cni/bin/${POD_OPTIONS}`;
const CNI = '/etc/cni/net.d/10-gocli.conflist';

/** CNI configuration of a node: pods on a bridge, addresses from the node's own part of the pod network. */
export function renderCni({ podSubnet, index }: NodeNetwork): string {
  const conflist = {
    cniVersion: '1.0.0',
    name: 'gocli',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        hairpinMode: true,
        promiscMode: false,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: podCidr(podSubnet, index) }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: POD_OPTIONS, capabilities: { portMappings: true, bandwidth: true }, snat: true },
    ],
  };
  return `${JSON.stringify(conflist)}\n`;
}

/** Routes to the pods of all other nodes, as a part of the configuration of eth0 (systemd.network(5)). */
export function renderPodRoutes({ podSubnet, subnet, index, nodes }: NodeNetwork): string {
  const others = Array.from({ length: nodes }, (_, at) => at + 1).filter((node) => node !== index);
  return others
    .map((node) => `[Route]\nDestination=${podCidr(podSubnet, node)}\nGateway=${nodeAddress(node, subnet)}\n`)
    .join('\n');
}

/** A bit of the mark that neither kube-proxy (0x4000) nor older Kubernetes (0x8000) uses. */
const LOOPBACK_MARK = '0x2000';

/**
 * Chains that make NodePorts answer at 127.0.0.1 on the node, which kube-proxy's nftables mode does not
 * (k8s.io/kubernetes, pkg/proxy/nftables, syncProxyRules). What goes there gets the node's own address on both ends
 * before connections are tracked, so that kube-proxy's rules take it; what comes back gets 127.0.0.1 again once all
 * that has been undone. What kube-proxy has led nowhere, since there is no such service or nothing behind it, gets
 * 127.0.0.1 back before kube-proxy refuses it (priority 0): its refusal names an address that the program has not
 * asked for, and so is lost. The range is that of the API server (--service-node-port-range).
 */
function loopbackChains(address: string): string {
  const marked = `${LOOPBACK_MARK} != 0`;
  const both = (to: string): string => `ip saddr set ${to} ip daddr set ${to}`;
  const ports = 'meta l4proto { tcp, udp, sctp } th dport 30000-32767';
  const chain = (name: string, type: string, ...rules: string[]): string =>
    `  chain ${name} {\n    type ${type};\n${rules.map((rule) => `    ${rule}\n`).join('')}  }\n`;
  return (
    chain(
      'loopback-out',
      'route hook output priority raw',
      `ip saddr 127.0.0.1 ip daddr 127.0.0.1 ${ports} meta mark set meta mark or ${LOOPBACK_MARK} ${both(address)}`,
    ) +
    chain(
      'loopback-mark',
      'filter hook output priority mangle',
      `meta mark and ${marked} ct mark set ct mark or ${LOOPBACK_MARK}`,
    ) +
    chain(
      'loopback-unled',
      'filter hook input priority -1',
      'ct status dnat return',
      `iifname "lo" meta mark and ${marked} ip daddr ${address} ${ports} ${both('127.0.0.1')}`,
    ) +
    chain(
      'loopback-in',
      'filter hook input priority 200',
      `ct direction reply ct mark and ${marked} ${both('127.0.0.1')}`,
    )
  );
}

/**
 * nft rules of a node. Pods see each other's real addresses and leave the cluster with the node's. And the service
 * address of the API leads to the control plane before kube-proxy has written its own rules, which say the same:
 * without that the first pods fail, restart and back off for a minute while kube-proxy starts. What goes to any other
 * service before that is refused: the network outside may have a stranger at that address, or one who answers for all,
 * and the API server up to 1.35 asks on the connection it has got (k8s.io/kube-aggregator, pkg/apiserver, proxyHandler).
 */
export function renderNodeRules({
  podSubnet,
  serviceSubnet,
  subnet,
  index,
}: Omit<NodeNetwork, 'nodes'>): string {
  const address = serviceSubnet.replace(/\.\d+\/\d+$/, '.1');
  const early = `ip daddr ${address} tcp dport 443 dnat to ${nodeAddress(1, subnet)}:6443`;
  // After dstnat: what kube-proxy has led somewhere has another address by then.
  const refused = (hook: string): string =>
    `  chain astray-${hook} {\n    type filter hook ${hook} priority 0;\n    oifname "eth0" ip daddr ${serviceSubnet} reject\n  }\n`;
  // One before dstnat (-100) and srcnat (100), where kube-proxy's chains are.
  const chain = (hook: string, priority: number, rule: string): string =>
    `  chain ${hook} {\n    type nat hook ${hook} priority ${priority};\n    ${rule}\n  }\n`;
  return [
    'table ip gocli',
    'delete table ip gocli',
    'table ip gocli {',
    loopbackChains(nodeAddress(index, subnet)) +
      chain('prerouting', -101, early) +
      chain('output', -101, early) +
      refused('forward') +
      refused('output') +
      chain(
        'postrouting',
        99,
        `ip saddr ${podSubnet} ip daddr != ${podSubnet} oifname "eth0" masquerade`,
      ).trimEnd(),
    '}',
    '',
  ].join('\n');
}

const ROUTES = '/etc/systemd/network/10-eth0.network.d/pods.conf';
const RULES = '/etc/nftables.conf';

/** Shell script that sets up the pod network of a node, now and after a reboot. */
const NETWORK_SCRIPT = `${PUT_FILES}
chmod 755 ${POD_OPTIONS_PLUGIN}
mkdir -p /etc/systemd/system/sysinit.target.wants
ln -sf /usr/lib/systemd/system/nftables.service /etc/systemd/system/sysinit.target.wants/nftables.service
nft -f ${RULES}
awk -F= '/^Destination/ { to = $2 } /^Gateway/ { print "route replace", to, "via", $2 }' ${ROUTES} | ip -batch -`;

/** The same for another network of the nodes than the image has: their clock, too, is told by somebody else. */
const MOVED_SCRIPT = `${NETWORK_SCRIPT}
systemctl try-restart systemd-timesyncd`;

/** Shell script that sets up the network of a node, and its input. */
export interface NetworkSetUp {
  readonly script: string;
  readonly stdin: string;
}

/** What is run on a node before kubeadm is. Of the usual network it is a part of the key of templates that there are. */
export function networkSetUp(network: NodeNetwork): NetworkSetUp {
  const isMoved = network.subnet !== NODE_SUBNET;
  const files = {
    [CNI]: renderCni(network),
    [POD_OPTIONS_PLUGIN]: POD_OPTIONS_SCRIPT,
    [ROUTES]: renderPodRoutes(network),
    [RULES]: renderNodeRules(network),
    ...(isMoved ? gatewayFiles(gatewayAddress(network.subnet)) : {}),
  };
  return { script: isMoved ? MOVED_SCRIPT : NETWORK_SCRIPT, stdin: filesInput(files) };
}

/** In the place of what guest/debian-13/files says of the usual network. */
function gatewayFiles(gateway: string): Record<string, string> {
  return {
    '/etc/resolv.conf': `nameserver ${gateway}\n`,
    // An empty one takes back what other files say (timesyncd.conf(5)).
    '/etc/systemd/timesyncd.conf.d/20-gocli.conf': `[Time]\nNTP=\nNTP=${gateway}\n`,
  };
}
