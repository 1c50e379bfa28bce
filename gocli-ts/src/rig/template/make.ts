import { LABEL } from '../../place/labels.ts';
import { isCode, messageOf } from '../../errors/error.ts';
import type { Steps } from '../../events/steps.ts';
import { freeze, type Frozen } from '../../frozen/freeze.ts';
import { measureFiles } from '../../frozen/measure.ts';
import { FROZEN_FORMAT, type Manifest } from '../../frozen/manifest.ts';
import { savedStateOf } from '../../frozen/thaw.ts';
import { prepareGuests } from '../../frozen/prepare.ts';
import { holdTemplate, publishTemplate, writeAttachment } from '../../frozen/templates.ts';
import { nodeName } from '../../network/addresses.ts';
import { within } from '../../shared/limit.ts';
import type { RigLayout, Origin } from '../containers.ts';
import type { RigDeps } from '../deps.ts';
import { machinesOf, replaceNodes, type Launched } from '../start/launch.ts';
import type { RigState } from '../state.ts';
import { kindOf } from '../kind.ts';
import type { RigKeys } from './keys.ts';
import { goOnThawed } from '../start/go-on.ts';

/** A Ready cluster whose machines have their memory and disks in the volume of a coming template. */
export interface Making {
  readonly id: string;
  readonly key: string;
  readonly layout: RigLayout;
  readonly state: RigState;
  readonly launched: Launched;
  readonly keys: RigKeys;
  readonly timeoutMs: number;
}

/** Milliseconds for what must not be left half done, whatever the user interrupts. */
const FREEZE_MS = 120_000;

/**
 * Freezes a Ready cluster, lets it go on as a clone of its own template, and publishes that. Until the machines are
 * stopped for good everything that goes wrong leaves the cluster as it is; then nothing but a deadline ends it.
 * @returns false when no template was made and the cluster runs on
 */
export async function makeTemplate(making: Making, steps: Steps, deps: RigDeps): Promise<boolean> {
  const frozen = await freezeOrGoOn(making, steps, deps);
  if (frozen === undefined) return false;
  const { layout, state, launched, keys, timeoutMs } = making;
  using limit = within(undefined, FREEZE_MS + timeoutMs);
  const bounded = limit.signal;
  const manifest = draftOf(making, frozen, deps);
  const origin: Origin = {
    kind: 'thaw',
    template: making.id,
    machines: manifest.machines,
    verify: false,
  };
  // No container has the volume while the machines are replaced.
  const { labels } = launched.network;
  const holder = await holdTemplate(deps.docker, making.id, layout.plan.host.imageId, {
    [LABEL.cluster]: labels[LABEL.cluster] ?? '',
    [LABEL.run]: layout.run,
  });
  const clone = await replaceNodes(layout, launched, origin, deps);
  await deps.docker.containers.remove(holder);
  const saved = savedStateOf(manifest);
  const start = { state, layout, launched: clone, saved, keys, timeoutMs };
  await goOnThawed(start, steps, { ...deps, signal: bounded }, bounded);
  await steps.run('publish', 'Keeping the template', async (step) => {
    const names = manifest.machines.map(({ name }) => name);
    const files = await measureFiles(deps.docker, clone.nodes[0]?.id ?? '', names, bounded);
    const machines = manifest.machines.map((machine, at) => ({ ...machine, ...files[at] }));
    await publishTemplate(deps.docker, { ...manifest, machines });
    step.note(`template ${making.id}`);
  });
  return true;
}

async function freezeOrGoOn(making: Making, steps: Steps, deps: RigDeps): Promise<Frozen | undefined> {
  const { signal } = deps;
  try {
    return await steps.run('freeze', 'Freezing the cluster for later starts', async (step) => {
      const kind = kindOf(deps.kinds, making.state.plan.guest);
      if (!(await kind.settle(making.state, making.keys, deps))) step.note('it did not become quiet');
      const machines = machinesOf(making.launched);
      await prepareGuests(machines, deps, signal);
      await writeAttachment(deps.docker, machines[0]?.container ?? '', JSON.stringify(making.keys));
      return await freeze(machines, deps, signal);
    });
  } catch (error) {
    signal.throwIfAborted();
    if (isCode(error, 'GUEST_DIED')) throw error;
    const text = `No template was made: ${messageOf(error)}. The cluster runs on.`;
    deps.emit({ type: 'notice', level: 'warning', text });
    return undefined;
  }
}

/** The manifest without what can only be measured once the files have reached the disk. */
function draftOf(making: Making, frozen: Frozen, { clock, version, kinds }: RigDeps): Manifest {
  const { plan } = making.layout;
  const expiresAt = kindOf(kinds, plan.guest).expiresAt(making.keys);
  const unknown = { bytes: 0, sha256: '' };
  return {
    format: FROZEN_FORMAT,
    id: making.id,
    key: making.key,
    createdAt: clock.now(),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    imageId: plan.host.imageId,
    accelerator: making.layout.accelerator,
    cpu: making.layout.cpu,
    qemu: frozen.qemu,
    machines: frozen.bootIds.map((bootId, at) => ({
      name: nodeName(at + 1),
      bootId,
      state: unknown,
      ram: { ...unknown, blocks: 0 },
    })),
    skewMs: frozen.skewMs,
    about: { guest: plan.guest, version },
  };
}
