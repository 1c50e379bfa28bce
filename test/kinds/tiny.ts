import type { PortInfo } from '../../gocli-ts/src/network/ports.ts';
import { portOptions } from '../../gocli-ts/src/rig/options/ports.ts';
import { waitForAgents } from '../../gocli-ts/src/rig/agents.ts';
import type { Kind } from '../../gocli-ts/src/rig/kind.ts';
import { machinesOf } from '../../gocli-ts/src/rig/start/launch.ts';

const PORTS = [
  { name: 'ssh', port: 2201, protocol: 'tcp', pinnable: true, meaning: 'ssh of node01' },
  { name: 'registry', port: 5000, protocol: 'tcp', pinnable: true, meaning: 'container registry' },
  { name: 'vnc', port: 5901, protocol: 'tcp', pinnable: true, meaning: 'VNC of node01' },
  { name: 'http', port: 80, protocol: 'tcp', nodePort: 80, pinnable: true, meaning: 'its web server' },
] as const satisfies readonly PortInfo[];

/**
 * The kind of the tiny guest: machines that are Ready when their agents answer. It is the second implementation of the
 * seam, and imports only what ARCHITECTURE.md names for a kind.
 */
export const tinyKind: Kind = {
  name: 'tiny',
  called: 'rig',
  next: [{ verb: 'ssh', words: ['node01'] }],
  leastMemoryMiB: 64,
  ports: PORTS,
  options: portOptions(PORTS),
  sent: () => [],
  bringUp: ({ launched, timeoutMs }, steps, deps, signal) =>
    steps.run('boot', 'Booting the machines', async () => {
      await waitForAgents(machinesOf(launched), deps, signal, timeoutMs);
      return {};
    }),
  settle: () => Promise.resolve(true),
  afterThaw: () => Promise.resolve(),
  proof: () => Promise.resolve({ conditions: [], [Symbol.dispose]: () => undefined }),
  secretFiles: [],
  keyFiles: () => ({}),
  readKeys: () => ({}),
  expiresAt: () => undefined,
  logParts: () => Promise.resolve([]),
};
