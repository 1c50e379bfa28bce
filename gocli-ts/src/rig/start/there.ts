import { GocliError } from '../../errors/error.ts';
import { estimatedSteps } from '../../host/timings.ts';
import { gocliCommand } from '../../shared/command.ts';
import type { RigDeps } from '../deps.ts';
import { requireState } from '../find.ts';
import { keepState } from '../keep-state.ts';
import { kindOf } from '../kind.ts';
import {
  hasDisks,
  onlyMachinesRun,
  runningMachines,
  situationOf,
  startedBy,
  wasReady,
  type FoundRig,
} from '../life.ts';
import { restoreSecrets } from '../lost-secrets.ts';
import { planDifferences } from '../make-plan.ts';
import type { RigPlan } from '../plan.ts';
import { elsewhere } from '../refusal.ts';
import { listSnapshots } from '../snapshot/list.ts';
import type { RigState } from '../state.ts';
import { rigStatus } from '../status.ts';
import { limitedAgain } from '../time-limit.ts';
import type { UpRequest, UpResult } from '../up.ts';
import { startHalted } from './halted.ts';
import { proveNear } from './reach.ts';

/**
 * A start of a rig that runs already: it is left as it is.
 * @throws GocliError CONFLICT, NOT_READY with what brings it back, DOCKER_UNSUPPORTED where it cannot be reached from here
 */
export async function leaveRunning(found: FoundRig, plan: RigPlan, deps: RigDeps): Promise<UpResult> {
  const { state, name } = found;
  if (!wasReady(state)) throw await neverReady(found, plan, deps);
  requireSamePlan(state, plan, deps);
  await restoreSecrets(state, found.containers, deps);
  const { ready, conditions } = await rigStatus(found, deps);
  if (ready) return { state: await again(state, plan, deps), started: false, timings: [], seconds: 0 };
  await requireReach(plan, deps);
  const missing = conditions.filter(({ met }) => !met).map((one) => `${one.name}: ${one.observed}`);
  throw new GocliError('NOT_READY', `cluster "${name}" exists, but is not Ready`, {
    observed: missing.join('\n'),
    hint: wayBack(found),
  });
}

/** One that runs is left as it is, but that its time begins anew for whoever says again how long it is to be. */
async function again(state: RigState, { host }: RigPlan, deps: RigDeps): Promise<RigState> {
  const limited = limitedAgain(state, host, deps.clock.now());
  return limited === state ? state : await keepState(limited, deps);
}

/**
 * After the host or the daemon was started anew.
 * @throws GocliError CONFLICT, NOT_READY, what {@link startHalted} throws
 */
export async function bootAgain(
  found: FoundRig,
  plan: RigPlan,
  { timeoutMs }: UpRequest,
  deps: RigDeps,
): Promise<UpResult> {
  const halted = requireState(found);
  requireSamePlan(halted, plan, deps);
  const { userData } = plan.host;
  // A second time over what the first left half done would cost the disks when it fails.
  if (userData !== undefined && halted.userData !== userData) {
    throw new GocliError('NOT_READY', `the user-data of "${found.name}" did not run to its end`, {
      hint: `Boot it as it is: ${gocliCommand('start', found.name)}. Or start it anew: ${gocliCommand('rm', found.name)}`,
    });
  }
  const steps = await estimatedSteps(deps, plan.guest.provider);
  const state = await startHalted(found, { timeoutMs, pinnedPorts: plan.host.pinnedPorts }, steps, deps);
  const limited = await again(state, plan, deps);
  return { state: limited, started: true, timings: steps.timings, seconds: steps.elapsed() };
}

/** @throws GocliError CONFLICT */
export function requireSamePlan(state: RigState, plan: RigPlan, { kinds }: RigDeps): void {
  const differences = planDifferences(state.plan, plan, kindOf(kinds, state.plan.guest));
  if (differences.length === 0) return;
  throw new GocliError('CONFLICT', `cluster "${state.name}" exists with another plan`, {
    observed: differences.join('\n'),
    hint: `Remove it first (${gocliCommand('rm', state.name)}), or start another one beside it with --name`,
  });
}

/** A start is under way in another process, or it was killed; nobody is told to remove what may be good. */
async function neverReady(found: FoundRig, plan: RigPlan, deps: RigDeps): Promise<GocliError> {
  const { id, name } = found;
  const message = `cluster "${name}" exists, but was never Ready`;
  if (situationOf(found) === 'foreign')
    return new GocliError('NOT_READY', message, { hint: elsewhere(startedBy(found)) });
  const { ready } = await rigStatus(found, deps);
  if (ready) {
    return new GocliError('NOT_READY', `cluster "${name}" runs, but its start is not over`, {
      hint: `Wait for the command that starts it. If that was killed: ${gocliCommand('stop', name)}, then ${gocliCommand('start', name)}`,
    });
  }
  await requireReach(plan, deps);
  if (situationOf(found) === 'cloning') {
    const hint = `If nothing is starting it now, boot it from its disks: ${gocliCommand('start', name)}`;
    return new GocliError('NOT_READY', `cluster "${name}" did not go on as a clone of its template`, {
      hint,
    });
  }
  const snapshots = await listSnapshots(deps.docker, id);
  const [snapshot] = snapshots.slice(-1);
  const restore =
    snapshot === undefined ? '' : `${gocliCommand('snapshot restore', name, snapshot.name)}, or `;
  return new GocliError('NOT_READY', message, {
    hint: `If nothing is starting it now, replace it: ${restore}${gocliCommand('rm', name)}`,
  });
}

/** Nobody is told to give anything up by who cannot reach what runs. @throws GocliError DOCKER_UNSUPPORTED */
async function requireReach({ host }: RigPlan, deps: RigDeps): Promise<void> {
  await proveNear(host.imageId, await deps.docker.system.info(), deps);
}

/** What brings a rig back that is not Ready, with as much of it as can be. */
function wayBack(found: FoundRig): string {
  const { name } = found;
  const start = gocliCommand('start', name);
  if (onlyMachinesRun(found))
    return `Its machines run. Make the rest anew: ${gocliCommand('stop', name)}, then ${start}`;
  // Saving what stands would keep that it stands, so its machines are to end.
  const ending = runningMachines(found).map((one) => one.name);
  const kill = ending.length === 0 ? '' : `docker kill ${ending.join(' ')}, then `;
  const last = hasDisks(found)
    ? `boot it from its disks (${kill}${start})`
    : `replace it (${gocliCommand('rm', name)})`;
  return `Collect its logs (${gocliCommand('logs', name, '--export DIR')}), or ${last}`;
}
