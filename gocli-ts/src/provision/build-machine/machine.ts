import { join } from 'node:path';
import { networkContainer, networkFiles, type RigLayout } from '../../rig/container-specs.ts';
import { nodeContainer } from '../../rig/machines.ts';
import { kindOf } from '../../rig/kind.ts';
import { innerOf } from '../../rig/published-ports.ts';
import { proveNear } from '../../rig/start/reach.ts';
import { defaultGuest } from '../../rig/plan.ts';
import { IMAGE_PATH, PROBE_GUEST } from '../../provider/image-path.ts';
import { LABEL } from '../../place/labels.ts';
import type { ContainerInfo } from '../../place/interface.ts';
import { GocliError } from '../../errors/error.ts';
import { readCpu } from '../../frozen/cpu.ts';
import { chooseAccelerator } from '../../machine/accelerator.ts';
import { readDeviceAccess } from '../../machine/devices.ts';
import { MACHINE_PATH } from '../../machine/spec.ts';
import { nodeName, sshPort } from '../../network/addresses.ts';
import type { Cleanup } from '../../shared/cleanup.ts';
import { generateSshKey } from '../../ssh/keys.ts';
import type { SshTarget } from '../../ssh/interface.ts';
import { providerFacts } from '../../provider/facts.ts';
import { temporaryName } from '../image/box.ts';
import { addLayer } from '../image/layer.ts';
import { imageOf, resultOf } from '../image/results.ts';
import type { StepContext } from '../step.ts';

/** Where the machine's container keeps the overlay; on a volume, because it outlives the container. */
export const OVERLAY_FOLDER = '/var/lib/gocli';

type StartedContainer = Pick<ContainerInfo, 'id' | 'name' | 'labels'>;

/** A machine that runs from the disk of step `disk`, writing to an overlay. */
export interface BuildMachine {
  readonly containers: readonly StartedContainer[];
  readonly nodeId: string;
  readonly target: SshTarget;
  /** Volume with the overlay. */
  readonly volume: string;
}

/**
 * Boots the disk as clusters do, with a network container and a node container. All that it makes goes into `cleanup`.
 * @throws GocliError DOCKER_UNSUPPORTED where it could not be reached from here, and whatever making it meets
 */
export async function startMachine(context: StepContext, cleanup: Cleanup): Promise<BuildMachine> {
  const { docker, labels } = context;
  const name = temporaryName();
  const image = await bootImage(context, name, cleanup);
  await proveNear(image, await docker.system.info(), context);
  const key = await generateSshKey('gocli-provision');
  const layout = await layoutOf(context, name, image, key.publicKey);
  cleanup.add(() => docker.volumes.remove(name));
  await docker.volumes.create(name, labels);
  const network = await startNetwork(context, layout, cleanup);
  const node = await startNode(context, layout, network.id, cleanup);
  const port = (await docker.containers.inspect(network.id))?.ports.find(
    ({ containerPort }) => containerPort === sshPort(1),
  );
  if (port === undefined)
    throw new GocliError('DOCKER', 'the ssh port of the provisioning machine is not published');
  const target: SshTarget = {
    host: '127.0.0.1',
    port: port.hostPort,
    user: 'root',
    privateKey: key.privateKey,
    node: nodeName(1),
  };
  return { containers: [network, node], nodeId: node.id, target, volume: name };
}

/** The runner with kernel and initial file systems in the places where a provider image has them. */
async function bootImage(context: StepContext, name: string, cleanup: Cleanup): Promise<string> {
  const reference = `gocli/${name}:latest`;
  cleanup.add(() => context.docker.images.remove(reference));
  await addLayer(context, {
    base: await imageOf(context, 'runner'),
    folder: 'image',
    sources: [
      { folder: resultOf(context, 'disk'), names: ['vmlinuz', 'initrd.img'] },
      { folder: resultOf(context, 'tiny'), names: ['tiny.img'] },
    ],
    reference,
    changes: [],
  });
  return reference;
}

async function layoutOf(
  context: StepContext,
  name: string,
  image: string,
  sshPublicKey: string,
): Promise<RigLayout> {
  const { docker, labels, paths, clock, signal, recipe } = context;
  const access = await readDeviceAccess();
  const probe = { docker, image, guest: PROBE_GUEST, labels, access, paths, clock, signal };
  const { accelerator, cpu } = await chooseAccelerator(probe);
  const facts = providerFacts(recipe.provider);
  const kind = kindOf(context.kinds, facts);
  const plan = {
    guest: { ...defaultGuest(facts, kind), nodes: 1 },
    host: { name, image, imageId: image, pinnedPorts: {} },
  };
  return {
    plan,
    ports: {},
    ...innerOf(plan, context.kinds),
    accelerator,
    cpu: await readCpu(accelerator, cpu),
    access,
    run: labels[LABEL.run] ?? '',
    version: labels[LABEL.version] ?? '',
    sshPublicKey,
  };
}

async function startNetwork(
  { docker, labels }: StepContext,
  layout: RigLayout,
  cleanup: Cleanup,
): Promise<StartedContainer> {
  const ports = [{ containerPort: sshPort(1), protocol: 'tcp' as const, hostPort: 0 }];
  const spec = networkContainer(layout);
  const id = await docker.containers.create({ ...spec, labels, ports, mounts: [] });
  cleanup.add(() => docker.containers.remove(id));
  await docker.containers.putFiles(id, '/', networkFiles(layout));
  await docker.containers.start(id);
  return { id, name: spec.name, labels };
}

async function startNode(
  context: StepContext,
  layout: RigLayout,
  networkId: string,
  cleanup: Cleanup,
): Promise<StartedContainer> {
  const { docker } = context;
  const spec = nodeContainer(layout, 1, networkId, {
    kind: 'boot',
    disk: MACHINE_PATH.overlay,
  });
  // The label of the cluster stays away: this machine is not one that `gocli ls` should list.
  const labels = { ...context.labels, [LABEL.node]: nodeName(1) };
  const disk = join(resultOf(context, 'disk'), 'disk.qcow2');
  const id = await docker.containers.create({
    ...spec,
    labels,
    mounts: [
      { type: 'volume', source: layout.plan.host.name, target: OVERLAY_FOLDER },
      { type: 'bind', source: disk, target: IMAGE_PATH.disk, readOnly: true },
    ],
  });
  cleanup.add(() => docker.containers.remove(id));
  await docker.containers.start(id);
  return { id, name: spec.name, labels };
}
