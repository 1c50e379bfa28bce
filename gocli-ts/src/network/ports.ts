import { sshPort } from './addresses.ts';

export interface PortInfo {
  readonly name: string;
  /** Port of the network container. */
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** Where the namespace forwards it: a port of node01, or nothing when something in the namespace listens. */
  readonly nodePort?: number;
  readonly meaning: string;
}

/** The named ports of kubevirtci, in the order `gocli ports` lists them. */
export const PORTS: readonly PortInfo[] = [
  { name: 'ssh', port: 2201, protocol: 'tcp', meaning: 'ssh of node01' },
  { name: 'registry', port: 5000, protocol: 'tcp', meaning: 'container registry' },
  { name: 'ocp', port: 8443, protocol: 'tcp', nodePort: 8443, meaning: 'port 8443 of node01' },
  { name: 'console', port: 443, protocol: 'tcp', nodePort: 443, meaning: 'port 443 of node01' },
  { name: 'k8s', port: 6443, protocol: 'tcp', nodePort: 6443, meaning: 'Kubernetes API' },
  { name: 'vnc', port: 5901, protocol: 'tcp', meaning: 'VNC of node01' },
  { name: 'http', port: 80, protocol: 'tcp', nodePort: 80, meaning: 'port 80 of node01' },
  { name: 'https', port: 443, protocol: 'tcp', nodePort: 443, meaning: 'port 443 of node01' },
  { name: 'prometheus', port: 30007, protocol: 'tcp', nodePort: 30007, meaning: 'Prometheus' },
  { name: 'grafana', port: 30008, protocol: 'tcp', nodePort: 30008, meaning: 'Grafana' },
  { name: 'uploadproxy', port: 31001, protocol: 'tcp', nodePort: 31001, meaning: 'CDI upload proxy' },
  {
    name: 'uploadproxy-lowerband',
    port: 30085,
    protocol: 'tcp',
    nodePort: 30085,
    meaning: 'CDI upload proxy',
  },
  { name: 'dns', port: 31111, protocol: 'udp', nodePort: 31111, meaning: 'cluster DNS' },
];

/** Flags of `run` that pin a named port of kubevirtci to a host port (`--ssh-port` …). */
export const PINNABLE = [
  'vnc',
  'http',
  'https',
  'registry',
  'ocp',
  'k8s',
  'ssh',
  'prometheus',
  'grafana',
  'dns',
] as const;

/** Everything published for a cluster of `nodes` nodes: the named ports once each, and ssh of every node. */
export function publishedPorts(nodes: number): { key: string; port: number; protocol: 'tcp' | 'udp' }[] {
  const further = Array.from({ length: nodes - 1 }, (_, index) => ({
    port: sshPort(index + 2),
    protocol: 'tcp' as const,
  }));
  const unique = new Map(
    [...PORTS, ...further].map(({ port, protocol }) => [portKey(port, protocol), { port, protocol }]),
  );
  return [...unique].map(([key, value]) => ({ key, ...value }));
}

/** `6443/tcp`. */
export function portKey(port: number, protocol: string): string {
  return `${port.toFixed(0)}/${protocol}`;
}
