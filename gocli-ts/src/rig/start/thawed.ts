import { LABEL } from '../../place/labels.ts';
import type { Docker } from '../../place/port.ts';
import { GocliError, messageOf } from '../../errors/error.ts';
import { FROZEN } from '../../frozen/files.ts';
import { refusal } from '../../frozen/gate.ts';
import type { Manifest } from '../../frozen/manifest.ts';
import { unpublishTemplate, type IntactTemplate } from '../../frozen/templates.ts';
import { savedStateOf } from '../../frozen/thaw.ts';
import { lastLines } from '../../shared/text.ts';
import { REGISTRY_USER, type Origin } from '../containers.ts';
import { removeLabelled } from '../remove.ts';
import { collectEvidence } from '../evidence.ts';
import { inside } from '../inside.ts';
import { claim, machinesOf, type Launched } from './launch.ts';
import { bakedTemplate } from '../snapshot/bake.ts';
import type { Snapshot } from '../snapshot/snapshots.ts';
import type { RigState } from '../state.ts';
import type { Choice } from '../template/choose.ts';
import { markUsed } from '../template/inventory.ts';
import { keysOf, launchWithAccess, goOnThawed } from './go-on.ts';
import { markReady, notice, stateOf, type Starting } from './starting.ts';

/** A new cluster that begins at a snapshot of another; what cannot be thawed is an error here, not a cold start. */
export async function fromSnapshot(snapshot: Snapshot, starting: Starting): Promise<RigState> {
  const { deps, steps } = starting;
  const template = await steps.run('bake', 'Making a template of the snapshot', () =>
    bakedTemplate(snapshot, deps),
  );
  const place = { ...starting.surroundings.place, now: deps.clock.now() };
  const why = refusal(template.manifest, place);
  if (why === undefined) {
    return thawFrom(template, starting).catch((error: unknown) => {
      throw error instanceof ThawFailure ? error.cause : error;
    });
  }
  throw new GocliError('CONFLICT', `snapshot "${snapshot.name}" cannot be thawed here: ${why}`);
}

/** The thawed cluster, or undefined when there is nothing to thaw or it did not starting out. */
export async function thawIfFits(choice: Choice, starting: Starting): Promise<RigState | undefined> {
  const { deps } = starting;
  if (choice.template === undefined) {
    if (choice.why !== undefined) notice(deps, `Starting cold: ${choice.why}.`);
    return undefined;
  }
  try {
    return await thawFrom(choice.template, starting);
  } catch (error) {
    deps.signal.throwIfAborted();
    if (!(error instanceof ThawFailure)) throw error;
    await afterFailedThaw(choice.template, error, starting);
    return undefined;
  }
}

/** Something that is wrong with the template, so that a cold start does better. */
class ThawFailure extends Error {}

async function thawFrom(template: IntactTemplate, starting: Starting): Promise<RigState> {
  const { deps, steps, plan, timeoutMs } = starting;
  const { manifest } = template;
  const keys = await keysOf(template, deps).catch(asFailure);
  const layout = { ...starting.surroundings.layout, sshPublicKey: keys.sshPublicKey };
  const state = { ...stateOf(starting, layout), template: template.id };
  const used = manifest.machines.slice(0, plan.guest.nodes);
  const origin: Origin = { kind: 'thaw', template: template.id, machines: used, verify: true };
  const network = await claim(layout, deps);
  const launched = await launchWithAccess({ layout, network, origin, state, keys }, steps, deps);
  const before = (): Promise<void> => seedRegistry(manifest, launched, deps.docker);
  const saved = savedStateOf(manifest);
  const start = { state, layout, launched, saved, keys, timeoutMs, before };
  const thawing = goOnThawed(start, steps, deps, deps.signal).catch(asFailure);
  await Promise.all([thawing, markUsed(deps, template.id)]);
  return markReady(state, deps);
}

function asFailure(error: unknown): never {
  throw new ThawFailure(wordsOf(error), { cause: error });
}

/** A cluster that begins at a snapshot has its images too. */
async function seedRegistry({ about }: Manifest, launched: Launched, docker: Docker): Promise<void> {
  if (about['snapshot'] === undefined) return;
  const script = `cp -a ${FROZEN}/registry/. /data/registry/`;
  await inside(docker, machinesOf(launched)[0], script, [], REGISTRY_USER);
}

function wordsOf(error: unknown): string {
  const observed = error instanceof GocliError ? lastLines(error.observed ?? '', 1) : '';
  return observed === '' ? messageOf(error) : `${messageOf(error)} (${observed})`;
}

async function afterFailedThaw(template: IntactTemplate, failure: Error, starting: Starting): Promise<void> {
  const { deps, plan } = starting;
  const { run } = deps;
  const folder = await collectEvidence(plan.host.name, run, deps).catch(() => undefined);
  await removeLabelled(deps.docker, { [LABEL.cluster]: plan.host.name, [LABEL.run]: run });
  await unpublishTemplate(deps.docker, template);
  const kept = folder === undefined ? '' : ` What was logged is kept in ${folder}.`;
  const words = `template ${template.id} could not be thawed and is removed: ${failure.message}.${kept}`;
  notice(deps, `Starting cold: ${words}`, 'warning');
}
