import { randomBytes } from 'node:crypto';
import { IMAGE_PATH } from '../../provider/image-path.ts';
import { LABEL } from '../../place/labels.ts';
import type { Labels, Mount } from '../../place/interface.ts';
import { GocliError } from '../../errors/error.ts';
import { frozenFiles } from '../../frozen/frozen-files.ts';
import { measureInTool } from '../../frozen/measure.ts';
import { keyOf } from '../../frozen/gate.ts';
import { FROZEN_FORMAT } from '../../frozen/manifest.ts';
import type { MachineHandle } from '../../frozen/migration.ts';
import { rebake } from '../../frozen/rebake.ts';
import {
  holdTemplate,
  isIntact,
  listTemplates,
  publishTemplate,
  templateMount,
  type IntactTemplate,
} from '../../frozen/templates.ts';
import { allOf } from '../../shared/all.ts';
import { runTool } from '../../frozen/tool.ts';
import { networkContainer, networkFiles, type RigLayout } from '../container-specs.ts';
import { nodeContainer } from '../machines.ts';
import type { RigDeps } from '../deps.ts';
import { removeLabelled } from '../remove.ts';
import { hostNamed } from '../identity.ts';
import { dataVolume } from '../names.ts';
import { kindOf } from '../kind.ts';
import { makingTemplate } from '../template/template-lock.ts';
import { readKeys, snapshotLayout } from './layout.ts';
import { snapshotFolder, type Snapshot } from './list.ts';

/** Where the coming template is while the one below the snapshot is in its usual place. */
const BAKED = '/baked';

/**
 * The template that new clusters are thawed from when they are to begin at a snapshot. It is made once: machines load
 * the snapshot into memory that lies in files and are saved again without having run.
 * @throws GocliError REMOTE_COMMAND, COMMAND, CONFLICT (another processor)
 */
export function bakedTemplate(snapshot: Snapshot, deps: RigDeps): Promise<IntactTemplate> {
  const key = keyOf(['snapshot', snapshot.record.id]);
  const find = async (): Promise<IntactTemplate | undefined> =>
    (await listTemplates(deps.docker, key)).find(isIntact);
  return makingTemplate(key, deps, async () => {
    const known = await find();
    if (known !== undefined) return known;
    await bake(snapshot, key, deps);
    const made = await find();
    if (made !== undefined) return made;
    throw new GocliError('INTERNAL', `the template of snapshot ${snapshot.name} was not published`);
  });
}

async function bake(snapshot: Snapshot, key: string, deps: RigDeps): Promise<void> {
  const { docker, signal } = deps;
  const { record } = snapshot;
  const id = randomBytes(6).toString('hex');
  const keys = await readKeys(snapshot, docker);
  const { guest, host } = record.state.plan;
  // Named after the snapshot, so that what was left of one that was killed is found here.
  const name = `bake-${record.id}`;
  const plan = { guest, host: { ...hostNamed(host, { id: name, name }), pinnedPorts: {} } };
  await removeLabelled(docker, { [LABEL.cluster]: name });
  const { sshPublicKey } = keys;
  const layout = await snapshotLayout(snapshot, plan, { ports: {}, sshPublicKey }, deps);
  const labels = { [LABEL.cluster]: plan.host.name, [LABEL.run]: deps.run };
  await holdTemplate(docker, id, host.imageId, labels);
  try {
    await copyFiles(snapshot, id, labels, deps);
    const machines = await launchBaking(layout, snapshot, id, deps);
    const qemu = await rebake(machines, record.saved, (node) => frozenFiles(node).state, deps, signal);
    const names = machines.map(({ node }) => node);
    const files = await measureInTool(docker, { id, image: host.imageId, labels, names }, signal);
    const expiresAt = kindOf(deps.kinds, guest).expiresAt(keys);
    await publishTemplate(docker, {
      format: FROZEN_FORMAT,
      id,
      key,
      createdAt: deps.clock.now(),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      imageId: host.imageId,
      accelerator: record.state.accelerator,
      cpu: record.state.cpu,
      qemu,
      machines: record.saved.machines.map(({ name, bootId }, at) => {
        const measured = files[at];
        if (measured === undefined) throw new GocliError('INTERNAL', `nothing was measured of ${name}`);
        return { name, bootId, ...measured };
      }),
      skewMs: 0,
      about: { guest, version: deps.version, snapshot: record.name, cluster: snapshot.cluster },
    });
  } finally {
    await removeLabelled(docker, labels);
  }
}

/** Disks that lie over the provider's alone, the registry's data, and the keys. */
async function copyFiles(
  { record, rig }: Snapshot,
  id: string,
  labels: Labels,
  { docker, signal }: RigDeps,
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
  const data: Mount = { type: 'volume', source: dataVolume(rig), target: '/data', readOnly: true };
  const below = state.template === undefined ? [] : [templateMount(state.template, 'read')];
  const { exitCode, output } = await runTool(
    docker,
    {
      name: `gocli-bake-${id}`,
      image: state.plan.host.imageId,
      labels,
      mounts: [data, ...below, { ...templateMount(id, 'write'), target: BAKED }],
      script,
      arguments: [snapshotFolder(record.id)],
      capabilities: ['CHOWN', 'FOWNER'],
    },
    signal,
  );
  if (exitCode !== 0) throw new GocliError('COMMAND', 'the snapshot cannot be copied', { observed: output });
}

async function launchBaking(
  layout: RigLayout,
  { record, rig }: Snapshot,
  template: string,
  { docker: { containers } }: RigDeps,
): Promise<MachineHandle[]> {
  const networkId = await containers.create({ ...networkContainer(layout), ports: [] });
  await containers.putFiles(networkId, '/', networkFiles(layout));
  await containers.start(networkId);
  const origin = { kind: 'bake', template, rig } as const;
  return allOf(
    record.saved.machines.map(async ({ name: node }, at) => {
      const container = await containers.create(nodeContainer(layout, at + 1, networkId, origin));
      await containers.start(container);
      return { container, node };
    }),
  );
}
