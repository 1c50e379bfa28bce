import type { PortInfo } from '../network/ports.ts';

/** The named ports of plain machines, in the order `gocli ports` lists them. More: `gocli run --publish`. */
export const PORTS: readonly PortInfo[] = [
  { name: 'ssh', flag: '--ssh-port', port: 2201, protocol: 'tcp', meaning: 'ssh of node01' },
  { name: 'registry', flag: '--registry-port', port: 5000, protocol: 'tcp', meaning: 'container registry' },
  { name: 'vnc', flag: '--vnc-port', port: 5901, protocol: 'tcp', meaning: 'VNC of node01' },
];

/** Those that a flag of `run` pins to a host port. */
export const PINNABLE = ['vnc', 'registry', 'ssh'] as const;
