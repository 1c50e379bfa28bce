import { nodeName, sshPort } from './addresses.ts';

export interface PortInfo {
  readonly name: string;
  /** Port of the network container. */
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** Where the namespace forwards it: a port of a node, or nothing when something in the namespace listens. */
  readonly nodePort?: number;
  /** Number of that node; 1 unless told. */
  readonly node?: number;
  /** Flag of `run` that pins it to a host port: `--ssh-port`. */
  readonly flag?: string;
  readonly meaning: string;
}

/** A port that a rig publishes. */
export interface Published {
  /** `6443/tcp` */
  readonly key: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** What pins it to a host port: `--ssh-port PORT`. */
  readonly pin?: string | undefined;
}

/** Everything published for a rig of `nodes` nodes: the ports of its kind once each, and ssh of every node. */
export function publishedPorts(nodes: number, ports: readonly PortInfo[]): Published[] {
  const ssh = Array.from({ length: nodes }, (_, at) => published({ port: sshPort(at + 1), protocol: 'tcp' }));
  const unique = new Map<string, Published>();
  for (const one of [...ports.map(published), ...ssh]) {
    // Several names may share a port, and any of them its flag.
    unique.set(one.key, { ...one, pin: unique.get(one.key)?.pin ?? one.pin });
  }
  return [...unique.values()];
}

function published(info: Omit<PortInfo, 'name' | 'meaning'>): Published {
  const { port, protocol } = info;
  return { key: portKey(port, protocol), port, protocol, pin: pinOf(info) };
}

/** Of one that leads to a node of its own, the flag says that, too. */
function pinOf({ flag, node, nodePort, port }: Omit<PortInfo, 'name' | 'meaning'>): string | undefined {
  if (flag === undefined) return undefined;
  return `${flag} PORT${node === undefined ? '' : `:${(nodePort ?? port).toFixed(0)}@${nodeName(node)}`}`;
}

/** `6443/tcp`. */
export function portKey(port: number, protocol: string): string {
  return `${port.toFixed(0)}/${protocol}`;
}
