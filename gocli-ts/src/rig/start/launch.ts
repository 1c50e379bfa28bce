import { GocliError } from '../../errors/error.ts';
import { resolverFile, type ResolverFile } from '../../host/resolvers.ts';
import { userWords } from '../../host/user.ts';
import { LABEL } from '../../place/labels.ts';
import type { ContainerInfo, ContainerSpec } from '../../place/interface.ts';
import type { MachineHandle } from '../../frozen/migration.ts';
import { allOf } from '../../shared/all.ts';
import { networkContainer, networkFiles, registryContainer, type RigLayout } from '../container-specs.ts';
import { nodeContainer, type Origin } from '../machines.ts';
import type { RigDeps } from '../deps.ts';
import { DISKS_USER, machineDisk } from '../machine-files.ts';

export type Started = Pick<ContainerInfo, 'id' | 'name' | 'labels'>;

/** The running containers of a cluster. */
export interface Launched {
  readonly network: Started;
  readonly registry: Started;
  readonly nodes: readonly Started[];
}

export function allContainers({ network, registry, nodes }: Launched): Started[] {
  return [network, registry, ...nodes];
}

/** The machines, for those who freeze and thaw them. */
export function machinesOf({ nodes }: Launched): MachineHandle[] {
  return nodes.map(({ id, labels }) => ({ container: id, node: labels[LABEL.node] ?? '' }));
}

/**
 * Makes the network container, by whose name a cluster is claimed: of two starts under one name only one gets it.
 * @param resolvers those of this host, which the container follows
 * @throws GocliError CONFLICT
 */
export async function claim(
  layout: RigLayout,
  { docker }: Pick<RigDeps, 'docker'>,
  resolvers: ResolverFile | undefined = resolverFile(),
): Promise<Started> {
  const claimWith = (followed: ResolverFile | undefined): Promise<Started> => {
    const spec = networkContainer(layout, followed);
    return create(docker.containers, { ...spec, labels: { ...spec.labels, [LABEL.user]: userWords() } });
  };
  try {
    return await claimWith(resolvers);
  } catch (error) {
    if (resolvers === undefined || !isOfMount(error)) throw error;
    // A daemon in a machine of its own (Docker Desktop, Colima) has other files: there Docker's own choice stays.
    return await claimWith(undefined);
  }
}

/** In the words of moby (volume/mounts, validate), of Docker Desktop and of Podman. */
function isOfMount(error: unknown): boolean {
  const { message, observed = '' } = error instanceof GocliError ? error : { message: '' };
  return /bind source path|mounts denied|invalid mount config|statfs \S+: no such file/i.test(
    `${message}\n${observed}`,
  );
}

/**
 * Creates all further containers side by side and starts them: first the one whose network the others join, then those.
 * Nodes wait for their taps themselves.
 */
export async function launch(
  layout: RigLayout,
  network: Started,
  origin: Origin,
  { docker, signal }: RigDeps,
): Promise<Launched> {
  const { containers } = docker;
  const specs = [registryContainer(layout, network.id), ...nodeSpecs(layout, network, origin)];
  const making = allOf(specs.map((spec) => create(containers, spec)));
  const starting = containers
    .putFiles(network.id, '/', networkFiles(layout))
    .then(() => containers.start(network.id));
  const [made] = await allOf([making, starting]);
  signal.throwIfAborted();
  await allOf(made.map(({ id }) => containers.start(id)));
  signal.throwIfAborted();
  const [registry, ...nodes] = made;
  if (registry === undefined) throw new Error('a cluster without a registry');
  return { network, registry, nodes };
}

/** Replaces the machines of a cluster by others with new disks; network and registry stay. */
export async function replaceNodes(
  layout: RigLayout,
  launched: Launched,
  origin: Origin,
  { docker }: Pick<RigDeps, 'docker'>,
): Promise<Launched> {
  const { containers } = docker;
  await allOf(launched.nodes.map(({ id }) => containers.remove(id)));
  const old = launched.nodes.map(({ labels }) => machineDisk(labels[LABEL.node] ?? ''));
  const removal = await containers.exec(launched.network.id, ['rm', '-f', ...old], { user: DISKS_USER });
  if (removal.exitCode !== 0)
    throw new GocliError('COMMAND', 'old disks of the machines cannot be removed', {
      observed: removal.stderr.trim(),
    });
  return { ...launched, nodes: await startNodes(layout, launched.network, origin, { docker }) };
}

/** Creates and starts the machines of a cluster whose network container runs. */
export function startNodes(
  layout: RigLayout,
  network: Pick<Started, 'id'>,
  origin: Origin,
  { docker: { containers } }: Pick<RigDeps, 'docker'>,
): Promise<Started[]> {
  return allOf(
    nodeSpecs(layout, network, origin).map(async (spec) => {
      const made = await create(containers, spec);
      await containers.start(made.id);
      return made;
    }),
  );
}

function nodeSpecs(layout: RigLayout, network: Pick<Started, 'id'>, origin: Origin): ContainerSpec[] {
  return Array.from({ length: layout.plan.guest.nodes }, (_, at) =>
    nodeContainer(layout, at + 1, network.id, origin),
  );
}

async function create(containers: RigDeps['docker']['containers'], spec: ContainerSpec): Promise<Started> {
  return { id: await containers.create(spec), name: spec.name, labels: spec.labels };
}
