import { GocliError } from '../errors/error.ts';
import { freePorts, portHolder, portProblem } from '../host/ports.ts';
import { publishedPorts, type Published } from '../network/ports.ts';
import type { Docker } from '../place/port.ts';
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
  for (const one of published) {
    const port = pinned[one.key];
    if (port !== undefined) await requireFree(docker, one, port);
  }
  const open = published.filter(({ key }) => pinned[key] === undefined);
  const chosen = await freePorts(open.map(({ protocol }) => protocol));
  const pairs = open.map(({ key }, at): [string, number] => [key, chosen[at] ?? 0]);
  return { ...Object.fromEntries(pairs), ...pinned };
}

async function requireFree(docker: Docker, { key, protocol, flag }: Published, port: number): Promise<void> {
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
      hint: `Choose another port: ${flag ?? '--*-port'} PORT`,
    },
  );
}
