import { nodeName, sshPort } from './addresses.ts';

export interface PortInfo {
  readonly name: string;
  /** Port of the network container. */
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** Where the namespace forwards it: a port of a node, or nothing when something in the namespace listens. */
  readonly nodePort?: number;
  /** Number of that node, where it is published because that was asked for; else it is node01. */
  readonly node?: number;
  /** Whether an option of `run` pins it to a host port: `--ssh-port` (`rig/options/ports.ts`). */
  readonly pinnable?: true;
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
  const ssh = Array.from({ length: nodes }, (_, at) =>
    published({ name: '', port: sshPort(at + 1), protocol: 'tcp' }),
  );
  const unique = new Map<string, Published>();
  for (const one of [...ports.map(published), ...ssh]) {
    // Several names may share a port, and any of them can be pinned.
    unique.set(one.key, { ...one, pin: unique.get(one.key)?.pin ?? one.pin });
  }
  return [...unique.values()];
}

function published(info: Omit<PortInfo, 'meaning'>): Published {
  const { port, protocol } = info;
  return { key: portKey(port, protocol), port, protocol, pin: pinOf(info) };
}

function pinOf({ name, pinnable, node, nodePort, port }: Omit<PortInfo, 'meaning'>): string | undefined {
  if (node !== undefined) return `--publish PORT:${(nodePort ?? port).toFixed(0)}@${nodeName(node)}`;
  return pinnable === true ? `--${name}-port PORT` : undefined;
}

/** `6443/tcp`. */
export function portKey(port: number, protocol: string): string {
  return `${port.toFixed(0)}/${protocol}`;
}
