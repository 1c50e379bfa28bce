import type { PortInfo } from '../network/ports.ts';

/** The named ports of kubevirtci, in the order `gocli ports` lists them. */
export const PORTS = [
  { name: 'ssh', pinnable: true, port: 2201, protocol: 'tcp', meaning: 'ssh of node01' },
  { name: 'registry', pinnable: true, port: 5000, protocol: 'tcp', meaning: 'container registry' },
  {
    name: 'ocp',
    pinnable: true,
    port: 8443,
    protocol: 'tcp',
    nodePort: 8443,
    meaning: 'port 8443 of node01',
  },
  { name: 'console', port: 443, protocol: 'tcp', nodePort: 443, meaning: 'port 443 of node01' },
  { name: 'k8s', pinnable: true, port: 6443, protocol: 'tcp', nodePort: 6443, meaning: 'Kubernetes API' },
  { name: 'vnc', pinnable: true, port: 5901, protocol: 'tcp', meaning: 'VNC of node01' },
  {
    name: 'http',
    pinnable: true,
    port: 80,
    protocol: 'tcp',
    nodePort: 80,
    meaning: 'port 80 of node01',
  },
  {
    name: 'https',
    pinnable: true,
    port: 443,
    protocol: 'tcp',
    nodePort: 443,
    meaning: 'port 443 of node01',
  },
  {
    name: 'prometheus',
    pinnable: true,
    port: 30007,
    protocol: 'tcp',
    nodePort: 30007,
    meaning: 'Prometheus',
  },
  {
    name: 'grafana',
    pinnable: true,
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
  { name: 'dns', pinnable: true, port: 31111, protocol: 'udp', nodePort: 31111, meaning: 'cluster DNS' },
] as const satisfies readonly PortInfo[];
