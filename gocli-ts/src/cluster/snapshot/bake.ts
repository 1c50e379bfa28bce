import { randomBytes } from 'node:crypto';
import { IMAGE_PATH } from '../../config/provider.ts';
import { LABEL } from '../../docker/labels.ts';
import type { Mount } from '../../docker/port.ts';
import { GocliError } from '../../errors/error.ts';
import { FROZEN, frozenFiles } from '../../frozen/files.ts';
import { measureInTool } from '../../frozen/facts.ts';
import { keyOf } from '../../frozen/gate.ts';
import { FROZEN_FORMAT, type Manifest } from '../../frozen/manifest.ts';
import type { MachineHandle } from '../../frozen/migration.ts';
import { rebake } from '../../frozen/rebake.ts';
import {
  holdTemplate,
  listTemplates,
  publishTemplate,
  templateMount,
  templateVolume,
} from '../../frozen/store.ts';
import { runTool } from '../../frozen/tool.ts';
import { machineContainer } from '../../machine/container.ts';
import { nodeName } from '../../network/addresses.ts';
import { machineSpec, networkContainer, networkFiles, type ClusterLayout } from '../containers.ts';
import type { ClusterDeps } from '../deps.ts';
import { removeLabelled } from '../down.ts';
import { containerName, dataVolume } from '../names.ts';
import { survey } from '../survey.ts';
import { expiryOf } from '../template/attachment.ts';
import type { FittingTemplate } from '../template/choose.ts';
import { readSecrets } from './restore.ts';
import { snapshotFolder, type Snapshot } from './store.ts';

/** Where the coming template is while the one below the snapshot is in its usual place. */
const BAKED = '/baked';

/**
 * The template that new clusters are thawed from when they are to begin at a snapshot. It is made once: machines load
 * the snapshot into memory that lies in files and are saved again without having run.
 * @throws GocliError REMOTE_COMMAND, COMMAND, CONFLICT (another processor)
 */
export async function bakedTemplate(
  snapshot: Snapshot,
  run: string,
  deps: ClusterDeps,
): Promise<FittingTemplate> {
  const key = keyOf(['snapshot', snapshot.record.id]);
  const known = (await listTemplates(deps.docker, key)).find(isIntact);
  if (known !== undefined) return known;
  const id = randomBytes(6).toString('hex');
  await bake(snapshot, key, id, run, deps);
  const made = (await listTemplates(deps.docker, key)).find(isIntact);
  if (made !== undefined) return made;
  throw new GocliError('INTERNAL', `the template of snapshot ${snapshot.name} was not published`);
}

function isIntact(template: { manifest: Manifest | string }): template is FittingTemplate {
  return typeof template.manifest !== 'string';
}

async function bake(
  snapshot: Snapshot,
  key: string,
  id: string,
  run: string,
  deps: ClusterDeps,
): Promise<void> {
  const { docker, signal } = deps;
  const { record } = snapshot;
  const name = `bake-${id}`;
  const attachment = await readSecrets(snapshot, docker);
  const { plan } = record.state;
  const surveyed = await survey({ ...plan, host: { ...plan.host, name, pinnedPorts: {} } }, run, deps);
  const layout: ClusterLayout = { ...surveyed.layout, sshPublicKey: attachment.sshPublicKey };
  const labels = { [LABEL.cluster]: name, [LABEL.run]: run };
  await holdTemplate(docker, id, plan.host.imageId, labels);
  try {
    await copyFiles(snapshot, id, deps);
    const machines = await launchBaking(layout, snapshot, id, deps);
    const qemu = await rebake(machines, record.saved, (node) => frozenFiles(node, BAKED).state, deps, signal);
    const names = machines.map(({ node }) => node);
    const files = await measureInTool(docker, { id, image: plan.host.imageId, names }, signal);
    const expiresAt = expiryOf(attachment);
    await publishTemplate(docker, {
      format: FROZEN_FORMAT,
      id,
      key,
      createdAt: deps.clock.now(),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      imageId: plan.host.imageId,
      accelerator: record.state.accelerator,
      cpu: record.cpu,
      qemu,
      machines: record.saved.machines.map(({ name: machine, bootId }, at) => {
        const measured = files[at];
        if (measured === undefined) throw new GocliError('INTERNAL', `nothing was measured of ${machine}`);
        return { name: machine, bootId, ...measured };
      }),
      skewMs: 0,
      about: { guest: plan.guest, version: deps.version, snapshot: record.name, cluster: snapshot.cluster },
    });
  } finally {
    await removeLabelled(docker, { [LABEL.cluster]: name });
  }
}

/** Disks that lie over the provider's alone, the registry's data, and the keys. */
async function copyFiles(
  { record, cluster }: Snapshot,
  id: string,
  { docker, signal }: ClusterDeps,
): Promise<void> {
  const { state } = record;
  const script = `set -eu
umask 007
cd "$1"
for disk in *.qcow2; do
  [ -e "$disk" ] || continue
  cp --sparse=always "$disk" ${BAKED}/
  qemu-img rebase -f qcow2 -F qcow2 -b ${IMAGE_PATH.disk} "${BAKED}/$disk"
  chgrp 107 "${BAKED}/$disk"
done
cp -a registry ${BAKED}/
cp attachment.json ${BAKED}/`;
  const { exitCode, output } = await runTool(
    docker,
    {
      name: `gocli-bake-${id}`,
      image: state.plan.host.imageId,
      mounts: [dataMountOf(cluster), ...oldTemplate(state.template), bakedMount(id)],
      script,
      arguments: [snapshotFolder(record.id)],
      capabilities: ['DAC_OVERRIDE', 'CHOWN', 'FOWNER'],
    },
    signal,
  );
  if (exitCode !== 0) throw new GocliError('COMMAND', 'the snapshot cannot be copied', { observed: output });
}

async function launchBaking(
  layout: ClusterLayout,
  { record, cluster }: Snapshot,
  id: string,
  { docker }: ClusterDeps,
): Promise<MachineHandle[]> {
  const { containers } = docker;
  const network = { ...networkContainer(layout), ports: [] };
  const networkId = await containers.create(network);
  await containers.putFiles(networkId, '/etc/gocli', networkFiles(layout));
  await containers.start(networkId);
  const { plan } = layout;
  return Promise.all(
    record.saved.machines.map(async ({ name: node }, at) => {
      const spec = machineSpec(layout, at + 1, { kind: 'build', template: id });
      const files = frozenFiles(node, BAKED);
      const disk = plan.guest.disk ? { disk: { backing: IMAGE_PATH.disk, overlay: files.disk } } : {};
      const container = await containers.create(
        machineContainer(
          { ...spec, ...disk, memory: { kind: 'shared', path: files.ram }, incoming: true },
          {
            name: containerName.node(plan.host.name, at + 1),
            image: plan.host.imageId,
            network: `container:${networkId}`,
            labels: { ...network.labels, [LABEL.role]: 'node', [LABEL.node]: nodeName(at + 1) },
            mounts: [dataMountOf(cluster), bakedMount(id)],
            access: layout.access,
          },
        ),
      );
      await containers.start(container);
      return { container, node };
    }),
  );
}

function dataMountOf(cluster: string): Mount {
  return { type: 'volume', source: dataVolume(cluster), target: '/data', readOnly: true };
}

function oldTemplate(template: string | undefined): Mount[] {
  if (template === undefined) return [];
  return [{ type: 'volume', source: templateVolume(template), target: FROZEN, readOnly: true }];
}

function bakedMount(id: string): Mount {
  return { ...templateMount(id, 'write'), target: BAKED };
}
