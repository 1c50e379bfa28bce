import { LABEL } from '../../place/labels.ts';
import { isCode, messageOf } from '../../errors/error.ts';
import type { Steps } from '../../events/steps.ts';
import { freeze, type Frozen } from '../../frozen/freeze.ts';
import { measureFiles } from '../../frozen/measure.ts';
import { FROZEN_FORMAT, type Manifest } from '../../frozen/manifest.ts';
import { FROZEN } from '../../frozen/frozen-files.ts';
import { savedStateOf } from '../../frozen/thaw.ts';
import { prepareGuests } from '../../frozen/prepare.ts';
import { holdTemplate, publishTemplate, writeAttachment } from '../../frozen/templates.ts';
import { nodeName } from '../../network/addresses.ts';
import { inTime } from '../../waiting/in-time.ts';
import type { RigLayout } from '../container-specs.ts';
import type { Origin } from '../machines.ts';
import { type RigDeps, notice } from '../deps.ts';
import { machinesOf, replaceNodes, type Launched } from '../start/launch.ts';
import { proveWritable, type RigState } from '../state.ts';
import { markReady, writeLate } from '../start/starting.ts';
import { gocliCommand } from '../../shared/command.ts';
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

/** What came of it. */
export interface Made {
  /** The rig as it runs now: as it was, or as a clone of the template. */
  readonly state: RigState;
  readonly published: boolean;
}

/** Milliseconds for what must not be left half done, whatever the user interrupts. */
const FREEZE_MS = 120_000;

/**
 * Freezes a Ready cluster, lets it go on as a clone of its own template, and publishes that. Until the machines are
 * stopped for good everything that goes wrong leaves the cluster as it is; then nothing but a deadline ends it. A
 * template that cannot be published is no failure of a cluster that is Ready: it runs on, and its volume stays with it.
 * @throws GocliError GUEST_DIED, and whatever a thaw meets twice
 */
export async function makeTemplate(making: Making, steps: Steps, deps: RigDeps): Promise<Made> {
  const frozen = await freezeOrGoOn(making, steps, deps);
  if (frozen === undefined) return { state: making.state, published: false };
  const bounds = { signal: undefined, timeoutMs: FREEZE_MS + 2 * making.timeoutMs };
  return inTime('the frozen cluster goes on and its template is kept', bounds, (signal) =>
    goOnAndKeep(making, frozen, steps, { ...deps, signal }),
  );
}

async function goOnAndKeep(making: Making, frozen: Frozen, steps: Steps, unbroken: RigDeps): Promise<Made> {
  const manifest = draftOf(making, frozen, unbroken);
  const { clone, holder, between } = await becomeClone(making, manifest, steps, unbroken);
  // Whatever fails or is killed from here on finds a rig that is Ready.
  const ready = { ...between };
  delete ready.building;
  const state = await markReady(ready, unbroken);
  try {
    await publish(manifest, clone, steps, unbroken);
    return { state, published: true };
  } catch (error) {
    const provider = making.layout.plan.guest.provider;
    const text = `The cluster is Ready, but its template could not be kept: ${messageOf(error)}. Make one later: gocli template build ${provider}`;
    notice(unbroken, text, 'warning');
    return { state, published: false };
  } finally {
    // The machines of the clone have the volume by now.
    await unbroken.docker.containers.remove(holder).catch(() => undefined);
  }
}

/** Replaces the machines by clones and lets those go on; once more when that fails, since the files do not change. */
async function becomeClone(
  { id, layout, state, launched, keys, timeoutMs }: Making,
  manifest: Manifest,
  steps: Steps,
  deps: RigDeps,
): Promise<{ readonly clone: Launched; readonly holder: string; readonly between: RigState }> {
  const origin: Origin = { kind: 'thaw', template: id, machines: manifest.machines, verify: false };
  // From now on its disks lie over those of the template, as soon as those are made. It is not Ready meanwhile.
  const between: RigState = { ...state, template: id, building: id };
  delete between.readyAt;
  await writeLate(between, 'goes on from its template', gocliCommand('status', state.name), deps);
  // No container has the volume while the machines are replaced.
  const { labels } = launched.network;
  const holder = await holdTemplate(deps.docker, id, layout.plan.host.imageId, {
    [LABEL.cluster]: labels[LABEL.cluster] ?? '',
    [LABEL.run]: layout.run,
  });
  const saved = savedStateOf(manifest);
  const thaw = (clone: Launched): Promise<void> =>
    goOnThawed({ state: between, layout, launched: clone, saved, keys, timeoutMs }, steps, deps, deps.signal);
  const clone = await replaceNodes(layout, launched, origin, deps);
  try {
    await thaw(clone);
    return { clone, holder, between };
  } catch (error) {
    notice(deps, `The cluster did not go on (${messageOf(error)}); it is tried once more.`, 'warning');
    const again = await replaceNodes(layout, clone, origin, deps);
    await thaw(again);
    return { clone: again, holder, between };
  }
}

function publish(manifest: Manifest, clone: Launched, steps: Steps, deps: RigDeps): Promise<void> {
  return steps.run('publish', 'Keeping the template', async (step) => {
    const names = manifest.machines.map(({ name }) => name);
    const files = await measureFiles(deps.docker, clone.nodes[0]?.id ?? '', names, deps.signal);
    const machines = manifest.machines.map((machine, at) => ({ ...machine, ...files[at] }));
    await publishTemplate(deps.docker, { ...manifest, machines });
    step.note(`template ${manifest.id}`);
  });
}

async function freezeOrGoOn(making: Making, steps: Steps, deps: RigDeps): Promise<Frozen | undefined> {
  const { signal } = deps;
  try {
    // What becomes of the cluster has to be written down when there is no way back any more.
    await proveWritable(deps.paths, making.state.name);
    return await steps.run('freeze', 'Freezing the cluster for later starts', async (step) => {
      const kind = kindOf(deps.kinds, making.state.plan.guest);
      if (!(await kind.settle(making.state, making.keys, deps))) step.note('it did not become quiet');
      const machines = machinesOf(making.launched);
      await prepareGuests(machines, deps, signal);
      await writeAttachment(deps.docker, machines[0]?.container ?? '', FROZEN, JSON.stringify(making.keys));
      return await freeze(machines, deps, signal);
    });
  } catch (error) {
    signal.throwIfAborted();
    if (isCode(error, 'GUEST_DIED')) throw error;
    notice(deps, `No template was made: ${messageOf(error)}. The cluster runs on.`, 'warning');
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
