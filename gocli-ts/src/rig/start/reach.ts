import { connect } from 'node:net';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { GocliError, isCode } from '../../errors/error.ts';
import { isOwnAddress } from '../../host/routes.ts';
import type { BridgeNetwork, Docker, DockerInfo } from '../../place/interface.ts';
import { LABEL } from '../../place/labels.ts';
import { waitFor, type Condition } from '../../waiting/condition.ts';
import { REGISTRY_USER } from '../container-specs.ts';
import type { RigDeps } from '../deps.ts';

/** Milliseconds for a try; a container is up in one second, on a busy host in some. */
const REACH_MS = 8000;
const REGISTRY_PORT = 5000;

/** Docker 20.10 names no gateway of a bridge that it did not make anew since the host started: it is the first address. */
export function gatewayOf({ gateway, subnets }: BridgeNetwork): string | undefined {
  const network = subnets.find((subnet) => subnet.includes('.'));
  return gateway ?? network?.replace(/(\d+)\/\d+$/, (_, last: string) => (Number(last) + 1).toFixed(0));
}

/** What is known without a try of where this process is. */
interface Nearness {
  /** It certainly has the loopback on which the daemon publishes ports. */
  readonly here: boolean;
  /** Address of the daemon's host in its bridge, where no interface here has it. */
  readonly foreign: string | undefined;
}

/**
 * Refuses a process whose 127.0.0.1 certainly is not that of the daemon's host: in a container that was given the
 * daemon's socket, or in a network namespace of its own. To it every rig looks broken that is fine. No image is needed.
 * @throws GocliError DOCKER_UNSUPPORTED
 */
export async function requireNear({ bridge, isHere, hostName }: DockerInfo): Promise<Nearness> {
  const gateway = bridge === undefined ? undefined : gatewayOf(bridge);
  // Where the daemon's end of the bridge is, there are its ports. Elsewhere they may be, forwarded. A container with a
  // daemon of its own has such an address, too, but not the socket of the host's; and here may listen who forwards a
  // socket or a port to a daemon elsewhere, whose host has another name.
  const own = gateway !== undefined && (await isOwnAddress(gateway));
  const foreign = own ? undefined : gateway;
  if (foreign !== undefined && isHere === false && bridge?.lasts !== false)
    throw unreachable(`${foreignWords(foreign)}, and its socket was made in another network`);
  return { here: own && isHere === true && hostName === hostname(), foreign };
}

/** The same for commands that ask the daemon nothing else of itself: where its socket was made here, as nearly always, not for this either. */
export async function requireNearby({ system }: Pick<Docker, 'system'>): Promise<void> {
  if ((await system.isHere()) === false) await requireNear(await system.info());
}

/**
 * The same, by a try where nothing else tells.
 * @param image any that has the runner
 * @throws GocliError DOCKER_UNSUPPORTED
 */
export async function proveNear(
  image: string,
  info: DockerInfo,
  deps: Parameters<typeof proveReachable>[2],
): Promise<void> {
  const { here, foreign } = await requireNear(info);
  if (!here) await proveReachable(image, foreign, deps);
}

/**
 * Publishes a port and connects to it, where it is doubtful that this process has the loopback of the daemon's host.
 * Without it a start would wait for minutes.
 * @param image any that has the runner
 * @param gateway address of the daemon's host that no interface here has
 * @throws GocliError DOCKER_UNSUPPORTED
 */
export async function proveReachable(
  image: string,
  gateway: string | undefined,
  { docker, clock, run, signal }: Pick<RigDeps, 'docker' | 'clock' | 'run' | 'signal'>,
  timeoutMs = REACH_MS,
): Promise<void> {
  const container = await docker.containers.create({
    name: `gocli-reach-${run}`,
    image,
    labels: { [LABEL.run]: run, [LABEL.role]: 'tool' },
    network: 'bridge',
    ports: [{ containerPort: REGISTRY_PORT, protocol: 'tcp', hostPort: 0 }],
    capabilities: [],
    noNewPrivileges: true,
    user: REGISTRY_USER,
    entrypoint: ['docker-registry'],
    command: ['serve', '/etc/gocli/registry.yml'],
  });
  try {
    await docker.containers.start(container);
    const port = (await docker.containers.inspect(container))?.ports[0]?.hostPort;
    // It ended at once: of where it was nothing is known, and what follows tells more.
    if (port === undefined) return;
    const condition = { name: 'a published port answers', check: connects(port) };
    await waitFor(condition, { clock, signal, timeoutMs }).catch((error: unknown) => {
      throw isCode(error, 'TIMEOUT') ? unreachable(seenAt(port, gateway)) : error;
    });
  } finally {
    await docker.containers.remove(container);
  }
}

/** That nobody listens yet is an error of the connection, which is no end of a wait. */
function connects(port: number): Condition['check'] {
  return async (signal) => {
    const peer = connect({ port, host: '127.0.0.1' });
    try {
      await once(peer, 'connect', { signal });
      return { met: true };
    } finally {
      peer.destroy();
    }
  };
}

function seenAt(port: number, gateway: string | undefined): string {
  const sign = gateway === undefined ? '' : `; ${foreignWords(gateway)}`;
  return `nobody answers at 127.0.0.1:${port}, which was published for a try${sign}`;
}

function foreignWords(gateway: string): string {
  return `the daemon's host has the address ${gateway}, no interface here has it`;
}

function unreachable(observed: string): GocliError {
  return new GocliError(
    'DOCKER_UNSUPPORTED',
    'this process is not in the network of the Docker host: ports published on its 127.0.0.1 cannot be reached from here',
    {
      observed,
      hint: 'Run gocli on the host of the daemon; in a container, start that with: --network host',
    },
  );
}
