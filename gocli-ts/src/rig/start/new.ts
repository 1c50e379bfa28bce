import { isCode } from '../../errors/error.ts';
import { sweepTemplates } from '../../frozen/templates.ts';
import { estimatedSteps } from '../../host/timings.ts';
import { LABEL } from '../../place/labels.ts';
import { gocliCommand } from '../../shared/command.ts';
import type { RigDeps } from '../deps.ts';
import { keepEvidence } from '../evidence.ts';
import { findRig, type LookedUp } from '../find.ts';
import { hostNamed, type Identity } from '../identity.ts';
import { keptAmong, takeKept } from '../kept-registry.ts';
import { wasReady } from '../life.ts';
import { idForNew } from '../listing.ts';
import type { RigPlan } from '../plan.ts';
import { cleanUpAfter, removeLabelled } from '../remove.ts';
import { proveWritable, readState, removeState } from '../state.ts';
import type { UpRequest, UpResult } from '../up.ts';
import { startRig } from './start-rig.ts';

/** Starts a rig that is not there; what a start that fails or is interrupted has made is removed. */
export async function startNew(
  request: UpRequest,
  planned: RigPlan,
  { id, listing }: LookedUp,
  deps: RigDeps,
): Promise<UpResult> {
  const { name } = request.values;
  const rig = { name, id: idForNew(name, id, listing) };
  const plan = { ...planned, host: hostNamed(planned.host, rig) };
  await proveWritable(deps.paths, name);
  const steps = await estimatedSteps(deps, plan.guest.provider);
  try {
    const state = await startRig({ ...request, plan }, steps, deps);
    const kept = keptAmong(listing.containers).find((one) => one.rig === rig.id);
    const result = { state, started: true, timings: steps.timings, seconds: steps.elapsed() };
    if (kept === undefined) return result;
    const keptRegistry = { ...kept, name };
    // It is not Ready before its user-data ran, and is removed when that fails.
    if (plan.host.userData !== undefined) return { ...result, keptRegistry };
    await takeKept(keptRegistry, deps);
    return result;
  } catch (error) {
    await cleanUpAfter(name, deps, () => afterFailure(error, rig, request, deps));
    throw error;
  }
}

/** Evidence is kept before anything goes; what the user asked to keep stays, and so does a cluster that was Ready. */
async function afterFailure(error: unknown, rig: Identity, request: UpRequest, deps: RigDeps): Promise<void> {
  const { docker, paths, emit, run, signal } = deps;
  const { name, id } = rig;
  // By the engine: that the cluster is Ready may be written down there alone.
  const found = await findRig(docker, paths, name).catch(() => undefined);
  const state = found?.state ?? (await readState(paths, name).catch(() => undefined));
  if (state?.run === run && wasReady(state) && !isCode(error, 'GUEST_DIED')) {
    const text = `Cluster ${name} is Ready and runs on.`;
    emit({ type: 'notice', level: 'info', text });
    return;
  }
  if (!signal.aborted) await keepEvidence(rig, deps);
  if (request.keepOnFailure && !signal.aborted) {
    emit({
      type: 'notice',
      level: 'info',
      text: `Everything is left in place. Remove it with: ${gocliCommand('rm', name)}`,
    });
    return;
  }
  await removeLabelled(docker, { [LABEL.cluster]: id, [LABEL.run]: run });
  // A state that was not written, or only in part, is nobody else's as long as nobody else has claimed the name.
  const ours =
    state === undefined
      ? (await docker.containers.list({ [LABEL.cluster]: id })).length === 0
      : state.run === run;
  if (ours) await removeState(paths, name);
  // The volume of a template that was to be made has no label of the run: another one may come to use it.
  await sweepTemplates(deps);
}
