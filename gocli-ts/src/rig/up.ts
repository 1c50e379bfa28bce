import { LABEL } from '../place/labels.ts';
import { sweepTemplates } from '../frozen/templates.ts';
import { GocliError, isCode, messageOf } from '../errors/error.ts';
import type { StepTiming } from '../events/events.ts';
import { estimatedSteps } from '../host/timings.ts';
import type { RigDeps } from './deps.ts';
import { cleanUpAfter, removeLabelled } from './remove.ts';
import { keepEvidence } from './evidence.ts';
import type { HostProxy } from '../host/proxy.ts';
import { findRig, lookUp, requireState, type LookedUp } from './find.ts';
import { hostNamed, type Identity } from './identity.ts';
import {
  decide,
  hasDisks,
  isHalfTaken,
  onlyMachinesRun,
  runningMachines,
  situationOf,
  startedBy,
  wasReady,
  type FoundRig,
} from './life.ts';
import { idForNew } from './listing.ts';
import { elsewhere } from './refusal.ts';
import { keepState } from './keep-state.ts';
import { kindOf } from './kind.ts';
import { restoreSecrets } from './lost-secrets.ts';
import { planDifferences, planRig, type PlanRequest } from './make-plan.ts';
import { poolOfName } from './names.ts';
import type { RigPlan } from './plan.ts';
import { readPools } from './pool/pools.ts';
import { followProxy } from './proxy.ts';
import { startHalted } from './start/halted.ts';
import { startRig } from './start/start-rig.ts';
import { notice } from './start/starting.ts';
import { listSnapshots } from './snapshot/list.ts';
import { proveWritable, readState, removeState, type RigState } from './state.ts';
import { rigStatus } from './status.ts';
import { limitedAgain } from './time-limit.ts';
import type { TemplateUse } from './start/starting.ts';
import { gocliCommand } from '../shared/command.ts';

export interface UpRequest extends PlanRequest {
  readonly keepOnFailure: boolean;
  readonly template: TemplateUse;
  /** Whether a cluster of a pool may be taken; `filling` when it is one itself that is made. */
  readonly pool?: 'take' | 'filling' | undefined;
  /** Bytes that all templates may have together; a quarter of the free disk when undefined. */
  readonly templateBudget?: number | undefined;
  /** Milliseconds for each wait. */
  readonly timeoutMs: number;
  /** Of this host, which the guests are told of. */
  readonly proxy?: HostProxy | undefined;
}

export interface UpResult {
  readonly state: RigState;
  /** False when the cluster ran already. */
  readonly started: boolean;
  readonly timings: readonly StepTiming[];
  readonly seconds: number;
}

/**
 * Brings a cluster up. A healthy one with the same plan is left as it is; on failure or Ctrl-C everything this run
 * made is removed.
 * @throws GocliError CONFLICT (it runs with another plan), NOT_READY (it is broken), FILE or DISK_FULL (its state cannot
 * be written), and whatever the start meets
 */
export async function up(request: UpRequest, deps: RigDeps): Promise<UpResult> {
  const result = await bringUp(request, deps);
  if (!result.started || request.pool === 'filling') return result;
  // Machines of a snapshot know what those knew that it is of.
  const proxied = request.snapshot?.record.state.proxied === true;
  const state = proxied ? { ...result.state, proxied } : result.state;
  return { ...result, state: await followProxy(state, request.proxy, deps) };
}

async function bringUp(request: UpRequest, deps: RigDeps): Promise<UpResult> {
  const planned = planRig(request, deps.kinds);
  const { name } = request.values;
  const looked = await lookUp(deps.docker, deps.paths, name);
  const { found } = looked;
  if (found !== undefined && isHalfTaken(found)) {
    requireSamePlan(requireState(found), planned, deps);
    return (await import('./pool/start.ts')).finishTaking({ found, plan: planned, ...request }, deps);
  }
  const act = decide('run', name, found);
  if (found !== undefined) {
    return act === 'boot' ? bootAgain(found, planned, request, deps) : reuse(found, planned, deps);
  }
  if (request.pool === 'filling') return startNew(request, planned, looked, deps);
  const pools = await readPools(deps.paths).catch((error: unknown) => {
    notice(deps, `Pools are passed over: ${messageOf(error)}.`, 'warning');
    return [];
  });
  const hasMembers = [...looked.listing.names.values()].some((one) => poolOfName(one) !== undefined);
  if (pools.length === 0 && !hasMembers) return startNew(request, planned, looked, deps);
  const { startBesidePools } = await import('./pool/start.ts');
  return startBesidePools({ request, plan: planned, looked, pools }, deps, async () =>
    startNew(request, planned, await lookUp(deps.docker, deps.paths, name), deps),
  );
}

async function startNew(
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
    return { state, started: true, timings: steps.timings, seconds: steps.elapsed() };
  } catch (error) {
    await cleanUpAfter(name, deps, () => afterFailure(error, rig, request, deps));
    throw error;
  }
}

async function reuse(found: FoundRig, plan: RigPlan, deps: RigDeps): Promise<UpResult> {
  const { state, name } = found;
  if (!wasReady(state)) throw await neverReady(found, deps);
  requireSamePlan(state, plan, deps);
  await restoreSecrets(state, found.containers, deps);
  const { ready, conditions } = await rigStatus(found, deps);
  if (ready) return { state: await again(state, plan, deps), started: false, timings: [], seconds: 0 };
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

/** @throws GocliError CONFLICT */
function requireSamePlan(state: RigState, plan: RigPlan, { kinds }: RigDeps): void {
  const differences = planDifferences(state.plan, plan, kindOf(kinds, state.plan.guest));
  if (differences.length === 0) return;
  throw new GocliError('CONFLICT', `cluster "${state.name}" exists with another plan`, {
    observed: differences.join('\n'),
    hint: `Remove it first (${gocliCommand('rm', state.name)}), or start another one beside it with --name`,
  });
}

/** After the host or the daemon was started anew. */
async function bootAgain(
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

/** A start is under way in another process, or it was killed; nobody is told to remove what may be good. */
async function neverReady(found: FoundRig, deps: RigDeps): Promise<GocliError> {
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
