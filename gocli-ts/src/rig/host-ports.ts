import { GocliError } from '../errors/error.ts';
import { throwAll } from '../errors/several.ts';
import { freePorts, portHolder, portProblem } from '../host/free-ports.ts';
import { publishedPorts, type Published } from '../network/ports.ts';
import type { ContainerInfo, Docker, PublishedPort } from '../place/interface.ts';
import type { Kind } from './kind.ts';
import type { RigPlan } from './plan.ts';
import { portInfosOf } from './published-ports.ts';

/** Everything that a rig of this plan publishes. */
export function portsOf(plan: RigPlan, kinds: readonly Kind[]): Published[] {
  return publishedPorts(plan.guest.nodes, portInfosOf(plan, kinds));
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
  /** What others are known to have; a daemon that listens on none of its ports has them all the same. */
  readonly others?: readonly PublishedPort[];
}

/**
 * Refuses a host port that is asked for twice, of which only one could have it: the daemon would say so late.
 * @param pinned as in {@link PortWishes}
 * @throws GocliError BAD_VALUE of each
 */
export function refuseDoubled(
  published: readonly Published[],
  pinned: Readonly<Record<string, number>>,
): void {
  const wanted = new Map<string, string[]>();
  for (const { key, protocol, pin = key } of published) {
    const port = pinned[key];
    if (port === undefined) continue;
    const name = `${port.toFixed(0)}/${protocol}`;
    wanted.set(name, [...(wanted.get(name) ?? []), pin]);
  }
  const doubled = [...wanted].filter(([, pins]) => pins.length > 1);
  throwAll(
    doubled.map(
      ([name, pins]) =>
        new GocliError(
          'BAD_VALUE',
          `host port ${name} is asked for ${pins.length} times: ${pins.join(', ')}`,
          {
            hint: 'Choose another port for all but one, or none: then a free one is chosen.',
          },
        ),
    ),
  );
}

/** @throws GocliError PORT_TAKEN for one that was asked for, BAD_VALUE for one that was asked for twice */
export async function chosenPorts(
  docker: Docker,
  published: readonly Published[],
  { pinned, had, own, others = [] }: PortWishes,
): Promise<Record<string, number>> {
  const isAmong = (ports: readonly PublishedPort[], port: number, { protocol }: Published): boolean =>
    ports.some((one) => one.hostPort === port && one.protocol === protocol);
  refuseDoubled(published, pinned);
  const isAsked = (port: number, { protocol }: Published): boolean =>
    published.some((other) => other.protocol === protocol && pinned[other.key] === port);
  const kept: Record<string, number> = {};
  for (const one of published) {
    const asked = pinned[one.key];
    const port = asked ?? had[one.key];
    // What another one had is given to the one that it is asked for.
    if (port === undefined || (asked === undefined && isAsked(port, one))) continue;
    const isFree = isAmong(own, port, one) || !(isAmong(others, port, one) || (await isTaken(port, one)));
    if (isFree) kept[one.key] = port;
    else if (asked !== undefined) throw await takenError(docker, one, asked);
  }
  const open = published.filter(({ key }) => kept[key] === undefined);
  const chosen = await freePortsBeside(
    [...Object.values(kept), ...others.map(({ hostPort }) => hostPort)],
    open,
  );
  const pairs = open.map(({ key }, at): [string, number] => [key, chosen[at] ?? 0]);
  return { ...Object.fromEntries(pairs), ...pinned, ...kept };
}

/** What containers publish now: the daemon binds ports of those that run only. */
export function boundBy(containers: readonly ContainerInfo[]): PublishedPort[] {
  return containers.flatMap(({ state, ports }) => (state === 'running' ? ports : []));
}

/**
 * Ports in the place of those that were chosen, of which the daemon could not bind one: somebody took it in between.
 * @param had those that were chosen; they are kept as far as they are free
 * @throws GocliError PORT_TAKEN for one that was asked for
 */
export async function portsInstead(
  docker: Docker,
  published: readonly Published[],
  { pinned, had }: Pick<PortWishes, 'pinned' | 'had'>,
): Promise<Record<string, number>> {
  const containers = await docker.containers.list({});
  const others = boundBy(containers);
  const wishes = { pinned, own: [], others };
  const ports = await chosenPorts(docker, published, { ...wishes, had });
  // Whoever had one may have let it go since: then nobody can tell which it was.
  const same = published.every(({ key }) => ports[key] === had[key]);
  return same ? chosenPorts(docker, published, { ...wishes, had: {} }) : ports;
}

/** Which ports a rig that comes back has no more: a line for each that the user did not change himself. */
export function movedPorts(
  rig: string,
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
  pinned: Readonly<Record<string, number>>,
): string[] {
  return Object.entries(now).flatMap(([key, port]) => {
    const old = before[key];
    if (old === undefined || old === port || key in pinned) return [];
    return [`Host port ${old} is taken: ${key} of ${rig} is on port ${port} now.`];
  });
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
  { key, protocol, pin }: Published,
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
    { hint: pin === undefined ? 'End what has it.' : `Choose another port: ${pin}` },
  );
}
