import type { PortInfo } from '../network/ports.ts';

/** The named ports of plain machines, in the order `gocli ports` lists them. More: `gocli run --publish`. */
export const PORTS = [
  { name: 'ssh', pinnable: true, port: 2201, protocol: 'tcp', meaning: 'ssh of node01' },
  { name: 'registry', pinnable: true, port: 5000, protocol: 'tcp', meaning: 'container registry' },
  { name: 'vnc', pinnable: true, port: 5901, protocol: 'tcp', meaning: 'VNC of node01' },
] as const satisfies readonly PortInfo[];
