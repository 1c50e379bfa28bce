import { GocliError } from '../errors/error.ts';
import { freePorts, portHolder, portProblem } from '../host/ports.ts';
import { publishedPorts, type Published } from '../network/ports.ts';
import type { Docker, PublishedPort } from '../place/port.ts';
import { kindOf, type Kind } from './kind.ts';
import type { RigPlan } from './plan.ts';

/** Everything that a rig of this plan publishes. */
export function portsOf({ guest }: RigPlan, kinds: readonly Kind[]): Published[] {
  return publishedPorts(guest.nodes, kindOf(kinds, guest).ports);
}

/**
 * A host port for everything a rig publishes: the ones asked for, which must be free, and free ones.
 * @throws GocliError PORT_TAKEN with the holder, when it can be told
 */
export async function choosePorts(
  docker: Docker,
  published: readonly Published[],
  pinned: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  return chosenPorts(docker, published, { pinned, had: {}, own: [] });
}

/** What a rig that comes back publishes. */
export interface PortWishes {
  /** Asked for, by `<container port>/<protocol>`. */
  readonly pinned: Readonly<Record<string, number>>;
  /** What it had; where one is taken, another is chosen. */
  readonly had: Readonly<Record<string, number>>;
  /** What it publishes now, and gives up before it comes back. */
  readonly own: readonly PublishedPort[];
}

/** @throws GocliError PORT_TAKEN for one that was asked for */
export async function chosenPorts(
  docker: Docker,
  published: readonly Published[],
  { pinned, had, own }: PortWishes,
): Promise<Record<string, number>> {
  const isOwn = (port: number, { protocol }: Published): boolean =>
    own.some((one) => one.hostPort === port && one.protocol === protocol);
  const kept: Record<string, number> = {};
  for (const one of published) {
    const asked = pinned[one.key];
    const port = asked ?? had[one.key];
    if (port === undefined) continue;
    if (isOwn(port, one) || !(await isTaken(port, one))) kept[one.key] = port;
    else if (asked !== undefined) throw await takenError(docker, one, asked);
  }
  const open = published.filter(({ key }) => kept[key] === undefined);
  const chosen = await freePortsBeside(Object.values(kept), open);
  const pairs = open.map(({ key }, at): [string, number] => [key, chosen[at] ?? 0]);
  return { ...Object.fromEntries(pairs), ...pinned, ...kept };
}

/** Nobody listens yet on the ports that are kept, so the kernel may offer one of them as free. */
async function freePortsBeside(kept: readonly number[], open: readonly Published[]): Promise<number[]> {
  for (;;) {
    const chosen = await freePorts(open.map(({ protocol }) => protocol));
    if (!chosen.some((port) => kept.includes(port))) return chosen;
  }
}

async function isTaken(port: number, { protocol }: Published): Promise<boolean> {
  // EACCES means a port below 1024 that only the daemon may open; it will say itself when that one is taken.
  return (await portProblem(port, protocol)) === 'EADDRINUSE';
}

async function takenError(
  docker: Docker,
  { key, protocol, flag }: Published,
  port: number,
): Promise<GocliError> {
  const containers = await docker.containers.list({});
  const publisher = containers.find(({ ports }) =>
    ports.some((one) => one.hostPort === port && one.protocol === protocol),
  );
  const holder = publisher === undefined ? await portHolder(port, protocol) : `container ${publisher.name}`;
  return new GocliError(
    'PORT_TAKEN',
    `host port ${port}/${protocol}, asked for ${key}, is taken${holder === undefined ? '' : ` by ${holder}`}`,
    { hint: flag === undefined ? 'End what has it.' : `Choose another port: ${flag} PORT` },
  );
}
