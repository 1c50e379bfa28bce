import { LABEL } from '../../place/labels.ts';
import type { Docker } from '../../place/interface.ts';
import { GocliError, messageOf } from '../../errors/error.ts';
import { provesBadState } from '../../frozen/bad-state.ts';
import { FROZEN } from '../../frozen/frozen-files.ts';
import { refusal } from '../../frozen/gate.ts';
import type { Manifest } from '../../frozen/manifest.ts';
import { unpublishTemplate, type IntactTemplate } from '../../frozen/templates.ts';
import { savedStateOf } from '../../frozen/thaw.ts';
import { allOf } from '../../shared/all.ts';
import { lastLines } from '../../shared/text.ts';
import { REGISTRY_USER } from '../container-specs.ts';
import { type Origin } from '../machines.ts';
import { removeLabelled } from '../remove.ts';
import { collectEvidence } from '../evidence.ts';
import { rigId } from '../identity.ts';
import { inside } from '../inside.ts';
import { BESIDE } from '../registry-store.ts';
import { claimNew } from './claim-new.ts';
import { machinesOf, type Launched } from './launch.ts';
import { bakedTemplate } from '../snapshot/bake.ts';
import type { Snapshot } from '../snapshot/list.ts';
import type { RigState } from '../state.ts';
import type { Choice } from '../template/choose.ts';
import { markUsed } from '../template/stock.ts';
import { machinesUsed } from '../template/used.ts';
import { keysOf, launchWithAccess, goOnThawed } from './go-on.ts';
import { notice } from '../deps.ts';
import { markReady, stateOf, type Starting } from './starting.ts';

/** A thaw takes a second, on a busy host some; one that takes longer is given up where a cold start can take its place. */
const THAW_MS = 90_000;

/** A new cluster that begins at a snapshot of another; what cannot be thawed is an error here, not a cold start. */
export async function fromSnapshot(snapshot: Snapshot, starting: Starting): Promise<RigState> {
  const { deps, steps } = starting;
  const template = await steps.run('bake', 'Making a template of the snapshot', () =>
    bakedTemplate(snapshot, deps),
  );
  const place = { ...starting.surroundings.place, now: deps.clock.now() };
  const why = refusal(template.manifest, place);
  if (why === undefined) {
    return thawFrom(template, starting, starting.timeoutMs).catch((error: unknown) => {
      throw error instanceof ThawFailure ? error.cause : error;
    });
  }
  throw new GocliError('CONFLICT', `snapshot "${snapshot.name}" cannot be thawed here: ${why}`);
}

/** What came of the attempt to thaw; `kept` says that the template was not to blame, and is there still. */
export type ThawResult = RigState | 'none' | 'kept';

/** Thaws what was chosen. Where nothing is thawed the start goes on cold; the user is told why. */
export async function thawIfFits(choice: Choice, starting: Starting): Promise<ThawResult> {
  const { deps } = starting;
  if (choice.template === undefined) {
    if (choice.why !== undefined) notice(deps, `Starting cold: ${choice.why}.`);
    return 'none';
  }
  try {
    return await thawFrom(choice.template, starting, Math.min(THAW_MS, starting.timeoutMs));
  } catch (error) {
    deps.signal.throwIfAborted();
    if (!(error instanceof ThawFailure)) throw error;
    return afterFailedThaw(choice.template, error, starting);
  }
}

/** A thaw that failed, so that a cold start may do better. */
class ThawFailure extends Error {}

async function thawFrom(template: IntactTemplate, starting: Starting, timeoutMs: number): Promise<RigState> {
  const { deps, steps, plan } = starting;
  const { manifest } = template;
  const keys = await keysOf(template, deps).catch(asFailure);
  const layout = { ...starting.surroundings.layout, sshPublicKey: keys.sshPublicKey };
  const state = { ...stateOf(starting, layout), template: template.id };
  const used = machinesUsed(manifest.machines, plan.guest, deps.kinds);
  const origin: Origin = { kind: 'thaw', template: template.id, machines: used, verify: true };
  const network = await claimNew(layout, deps);
  const running = await steps.run('containers', 'Starting the containers', () =>
    launchWithAccess({ layout, network, origin, state }, keys, deps),
  );
  const before = (): Promise<void> => seedRegistry(manifest, running.launched, deps.docker);
  // Those that are not used are told of, too: a kind may have to take them out.
  const saved = savedStateOf({ ...manifest, machines: [...used, ...manifest.machines.slice(used.length)] });
  const start = { ...running, saved, keys, timeoutMs, before };
  const thawing = goOnThawed(start, steps, deps, deps.signal).catch(asFailure);
  await allOf([thawing, markUsed(deps, template.id)]);
  return markReady(running.state, deps);
}

function asFailure(error: unknown): never {
  throw new ThawFailure(wordsOf(error), { cause: error });
}

/** A cluster that begins at a snapshot has its images too, but for those that are kept for it under the same names. */
async function seedRegistry({ about }: Manifest, launched: Launched, docker: Docker): Promise<void> {
  if (about['snapshot'] === undefined) return;
  await inside(docker, machinesOf(launched)[0], BESIDE, [`${FROZEN}/registry`], REGISTRY_USER);
}

function wordsOf(error: unknown): string {
  const observed = error instanceof GocliError ? lastLines(error.observed ?? '', 1) : '';
  return observed === '' ? messageOf(error) : `${messageOf(error)} (${observed})`;
}

async function afterFailedThaw(
  template: IntactTemplate,
  failure: Error,
  starting: Starting,
): Promise<'none' | 'kept'> {
  const { deps, plan } = starting;
  const { run } = deps;
  const rig = { name: plan.host.name, id: rigId(plan.host) };
  const folder = await collectEvidence(rig, run, deps).catch(() => undefined);
  await removeLabelled(deps.docker, { [LABEL.cluster]: rig.id, [LABEL.run]: run });
  const bad = provesBadState(failure.cause);
  if (bad) await unpublishTemplate(deps.docker, template);
  const fate = bad ? 'and is removed' : 'and stays';
  const kept = folder === undefined ? '' : ` What was logged is kept in ${folder}.`;
  const again = bad
    ? ''
    : ` Should it happen again: gocli template verify ${template.id}, or start with --fresh.`;
  const words = `template ${template.id} could not be thawed ${fate}: ${failure.message}.${kept}${again}`;
  const next = starting.pool === 'filling' ? 'Nothing is made' : 'Starting cold';
  notice(deps, `${next}: ${words}`, 'warning');
  return bad ? 'none' : 'kept';
}
