import { readFile } from 'node:fs/promises';
import { GocliError } from '../errors/error.ts';
import type { Docker } from '../place/port.ts';
import { freePorts, portHolder, portProblem, type Protocol } from '../host/ports.ts';
import { PINNABLE, portKey, PORTS, publishedPorts } from '../network/ports.ts';
import { formatBytes } from '../shared/size.ts';
import type { GuestPlan } from './plan.ts';

const MIB = 1024 ** 2;

/** MemTotal and MemAvailable of /proc/meminfo, in bytes (proc(5)). */
export function parseMeminfo(text: string): { total: number; available: number } {
  const read = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return { total: read('MemTotal'), available: read('MemAvailable') };
}

/** Memory of this host, in bytes. */
export async function readMemory(): Promise<{ total: number; available: number }> {
  return parseMeminfo(await readFile('/proc/meminfo', 'utf8'));
}

/** Bytes that the machines of a plan may come to use. */
export function wantedBytes({ nodes, memoryMiB }: Pick<GuestPlan, 'nodes' | 'memoryMiB'>): number {
  return nodes * memoryMiB * MIB;
}

/**
 * A plan for more memory than the host has is refused. One for more than is free is not, since machines rarely come to
 * use all of theirs.
 * @returns a warning when less is free
 * @throws GocliError NOT_ENOUGH_MEMORY
 */
export async function checkMemory(plan: GuestPlan): Promise<string | undefined> {
  const { total, available } = await readMemory();
  const wanted = wantedBytes(plan);
  if (wanted <= available) return undefined;
  const size = `${formatBytes(wanted)} of memory (${plan.nodes} x ${plan.memoryMiB}M)`;
  const free = `${formatBytes(available)} of the host's ${formatBytes(total)} are free`;
  if (wanted <= total) return `The machines may come to use ${size}; ${free}.`;
  throw new GocliError('NOT_ENOUGH_MEMORY', `the plan needs ${size}; ${free}`, {
    hint: 'Ask for less with --memory or --nodes',
  });
}

/**
 * A host port for everything the cluster publishes: the ones asked for, which must be free, and free ones.
 * @throws GocliError PORT_TAKEN with the holder, when it can be told
 */
export async function choosePorts(
  docker: Docker,
  nodes: number,
  pinned: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  const published = publishedPorts(nodes);
  for (const { key, protocol } of published) {
    const port = pinned[key];
    if (port !== undefined) await requireFree(docker, key, port, protocol);
  }
  const open = published.filter(({ key }) => pinned[key] === undefined);
  const chosen = await freePorts(open.map(({ protocol }) => protocol));
  const pairs = open.map(({ key }, at): [string, number] => [key, chosen[at] ?? 0]);
  return { ...Object.fromEntries(pairs), ...pinned };
}

/** The flag that pins a port. */
function portFlag(key: string): string {
  const named = PORTS.filter(({ port, protocol }) => portKey(port, protocol) === key).map(({ name }) => name);
  const name = PINNABLE.find((one) => named.includes(one));
  return name === undefined ? '--*-port' : `--${name}-port`;
}

async function requireFree(docker: Docker, key: string, port: number, protocol: Protocol): Promise<void> {
  // EACCES means a port below 1024 that only the daemon may open; it will say itself when that one is taken.
  if ((await portProblem(port, protocol)) !== 'EADDRINUSE') return;
  const containers = await docker.containers.list({});
  const publisher = containers.find(({ ports }) =>
    ports.some((one) => one.hostPort === port && one.protocol === protocol),
  );
  const holder = publisher === undefined ? await portHolder(port, protocol) : `container ${publisher.name}`;
  throw new GocliError(
    'PORT_TAKEN',
    `host port ${port}/${protocol}, asked for ${key}, is taken${holder === undefined ? '' : ` by ${holder}`}`,
    {
      hint: `Choose another port: ${portFlag(key)} PORT`,
    },
  );
}
