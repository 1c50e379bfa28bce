import type { PortInfo } from '../network/ports.ts';

/** The named ports of kubevirtci, in the order `gocli ports` lists them. */
export const PORTS: readonly PortInfo[] = [
  { name: 'ssh', flag: '--ssh-port', port: 2201, protocol: 'tcp', meaning: 'ssh of node01' },
  { name: 'registry', flag: '--registry-port', port: 5000, protocol: 'tcp', meaning: 'container registry' },
  {
    name: 'ocp',
    flag: '--ocp-port',
    port: 8443,
    protocol: 'tcp',
    nodePort: 8443,
    meaning: 'port 8443 of node01',
  },
  { name: 'console', port: 443, protocol: 'tcp', nodePort: 443, meaning: 'port 443 of node01' },
  { name: 'k8s', flag: '--k8s-port', port: 6443, protocol: 'tcp', nodePort: 6443, meaning: 'Kubernetes API' },
  { name: 'vnc', flag: '--vnc-port', port: 5901, protocol: 'tcp', meaning: 'VNC of node01' },
  {
    name: 'http',
    flag: '--http-port',
    port: 80,
    protocol: 'tcp',
    nodePort: 80,
    meaning: 'port 80 of node01',
  },
  {
    name: 'https',
    flag: '--https-port',
    port: 443,
    protocol: 'tcp',
    nodePort: 443,
    meaning: 'port 443 of node01',
  },
  {
    name: 'prometheus',
    flag: '--prometheus-port',
    port: 30007,
    protocol: 'tcp',
    nodePort: 30007,
    meaning: 'Prometheus',
  },
  {
    name: 'grafana',
    flag: '--grafana-port',
    port: 30008,
    protocol: 'tcp',
    nodePort: 30008,
    meaning: 'Grafana',
  },
  { name: 'uploadproxy', port: 31001, protocol: 'tcp', nodePort: 31001, meaning: 'CDI upload proxy' },
  {
    name: 'uploadproxy-lowerband',
    port: 30085,
    protocol: 'tcp',
    nodePort: 30085,
    meaning: 'CDI upload proxy',
  },
  { name: 'dns', flag: '--dns-port', port: 31111, protocol: 'udp', nodePort: 31111, meaning: 'cluster DNS' },
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
