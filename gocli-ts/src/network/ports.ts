import { sshPort } from './addresses.ts';

export interface PortInfo {
  readonly name: string;
  /** Port of the network container. */
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** Where the namespace forwards it: a port of node01, or nothing when something in the namespace listens. */
  readonly nodePort?: number;
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
  /** Flag that pins it to a host port. */
  readonly flag?: string | undefined;
}

/** Everything published for a rig of `nodes` nodes: the ports of its kind once each, and ssh of every node. */
export function publishedPorts(nodes: number, ports: readonly PortInfo[]): Published[] {
  const ssh = Array.from({ length: nodes }, (_, at) => published({ port: sshPort(at + 1), protocol: 'tcp' }));
  const unique = new Map<string, Published>();
  for (const one of [...ports.map(published), ...ssh]) {
    // Several names may share a port, and any of them its flag.
    unique.set(one.key, { ...one, flag: unique.get(one.key)?.flag ?? one.flag });
  }
  return [...unique.values()];
}

function published({ port, protocol, flag }: Pick<PortInfo, 'port' | 'protocol' | 'flag'>): Published {
  return { key: portKey(port, protocol), port, protocol, flag };
}

/** `6443/tcp`. */
export function portKey(port: number, protocol: string): string {
  return `${port.toFixed(0)}/${protocol}`;
}
