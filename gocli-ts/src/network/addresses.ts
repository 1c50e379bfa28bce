/**
 * Network that the nodes of every cluster have inside its own network namespace, unless another one is asked for. It is
 * kubevirtci's, which users and scripts rely on; clusters do not collide because each has a namespace of its own.
 */
export const NODE_SUBNET = '192.168.66.0/24';
/** What the host is called in a rig. */
export const HOST_NAME = 'host.gocli.internal';
export const BRIDGE = 'br0';
/** Fixed, so that a guest's neighbour table stays right however often the network container is made anew. */
export const BRIDGE_MAC = '52:55:00:d1:55:00';

/** `node01`, `node02` … `node99`. */
export function nodeName(index: number): string {
  return `node${twoDigits(index)}`;
}

/** 192.168.66.2 for 192.168.66.0/24: gateway, resolver, clock and registry of a rig. */
export function gatewayAddress(subnet: string): string {
  return addressIn(subnet, 2);
}

/** 192.168.66.101 for node01 in 192.168.66.0/24. */
export function nodeAddress(index: number, subnet: string): string {
  return addressIn(subnet, 100 + index);
}

/** The address with this last number in a network of 256 addresses. */
export function addressIn(subnet: string, last: number): string {
  return subnet.replace(/\.0\/24$/, `.${last.toFixed(0)}`);
}

/** 52:55:00:d1:55:01 for node01. */
export function nodeMac(index: number): string {
  return `52:55:00:d1:55:${twoDigits(index)}`;
}

/**
 * What matches every address that a machine may give itself instead of {@link nodeMac}, with three bytes of its own
 * choice (dnsmasq(8), `dhcp-host`: wildcards).
 */
export const OWN_MACS = '52:56:*:*:*';

/** An address of that form. @param bytes three, in hexadecimal */
export function ownMac(bytes: string, index: number): string {
  return `52:56:${(bytes.match(/../g) ?? []).join(':')}:${twoDigits(index)}`;
}

/** Name of a node's tap on the bridge. */
export function tapName(index: number): string {
  return `tap${twoDigits(index)}`;
}

/** ssh of node NN is port 22NN of the network container. */
export function sshPort(index: number): number {
  return 2200 + index;
}

/** VNC of node NN is port 59NN of the network container. */
export function vncPort(index: number): number {
  return 5900 + index;
}

/** The number of a node as it stands in names and addresses of it. */
export function twoDigits(index: number): string {
  return String(index).padStart(2, '0');
}
