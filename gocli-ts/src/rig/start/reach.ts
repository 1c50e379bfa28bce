import { connect } from 'node:net';
import { once } from 'node:events';
import { GocliError, isCode } from '../../errors/error.ts';
import { LABEL } from '../../place/labels.ts';
import { waitFor, type Condition } from '../../waiting/condition.ts';
import { REGISTRY_USER } from '../container-specs.ts';
import type { RigDeps } from '../deps.ts';

/** Milliseconds for a try; a container is up in one second, on a busy host in some. */
const REACH_MS = 8000;
const REGISTRY_PORT = 5000;

/**
 * Publishes a port and connects to it, where it is doubtful that this process has the loopback of the daemon's host: it
 * may be in a container that was given the daemon's socket. Without it a start would wait for minutes.
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
      throw isCode(error, 'TIMEOUT') ? unreachable(port, gateway) : error;
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

function unreachable(port: number, gateway: string | undefined): GocliError {
  const sign =
    gateway === undefined ? '' : `; the daemon's host has the address ${gateway}, no interface here has it`;
  return new GocliError(
    'DOCKER_UNSUPPORTED',
    'this process is not in the network of the Docker host: ports published on its 127.0.0.1 cannot be reached from here',
    {
      observed: `nobody answers at 127.0.0.1:${port}, which was published for a try${sign}`,
      hint: 'Run gocli on the host of the daemon; in a container, start that with: --network host',
    },
  );
}
