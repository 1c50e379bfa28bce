import type { Steps } from '../../events/steps.ts';
import { isCode } from '../../errors/error.ts';
import { allMet } from '../../waiting/all-met.ts';
import type { Presumption } from '../../waiting/condition.ts';
import { gocliCommand } from '../../shared/command.ts';
import { waitForAgents } from '../agents.ts';
import type { RigLayout } from '../container-specs.ts';
import type { Origin } from '../machines.ts';
import { checkDisks } from '../disks.ts';
import { type RigDeps, notice } from '../deps.ts';
import { keepEvidence } from '../evidence.ts';
import { requireState } from '../find.ts';
import { situationOf, type FoundRig } from '../life.ts';
import { boundBy, chosenPorts, movedPorts, portsOf } from '../host-ports.ts';
import type { Identity } from '../identity.ts';
import { keysHere } from '../keep-state.ts';
import { kindOf } from '../kind.ts';
import { restoreSecrets } from '../lost-secrets.ts';
import { LABEL } from '../../place/labels.ts';
import type { ContainerInfo } from '../../place/interface.ts';
import { startedAgain } from '../plan.ts';
import { removeContainers } from '../remove.ts';
import { requireImage, type RestoreRequest } from '../snapshot/restorable.ts';
import type { RigState } from '../state.ts';
import { whileAlive } from '../watchdog.ts';
import { writeAccess } from './go-on.ts';
import { launchClaimed, type Running } from './launch-claimed.ts';
import { allContainers, claim, machinesOf } from './launch.ts';
import { markReady, tellPresumed } from './starting.ts';
import { layoutAt, readHost, type FoundHost } from './surroundings.ts';

/** Milliseconds between two looks at what Ready stands for: a guest that boots is busy enough. */
const INTERVAL_MS = 500;

/** Milliseconds one look may take: what is cut off has to be begun again. */
const LOOK_MS = 20_000;

/**
 * Boots a rig from the disks of its machines, after the host or the daemon was started anew: what was in memory is gone.
 * Whatever fails leaves the disks, so that it can be repeated.
 * @throws GocliError IMAGE_MISSING, NOT_FOUND or COMMAND (a disk that is gone or damaged), PORT_TAKEN (one that was asked
 * for), TIMEOUT, GUEST_DIED, and what {@link readHost} throws
 */
export async function startHalted(
  found: FoundRig,
  request: RestoreRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState> {
  const { docker, run } = deps;
  await requireImage(requireState(found), deps);
  // Nothing goes before it is known that they can be started from here.
  const host = await readHost(startedAgain(requireState(found).plan, request.pinnedPorts), deps);
  // Machines that were to go on as clones have the disks open.
  if (situationOf(found) === 'cloning')
    await removeContainers(docker, { [LABEL.cluster]: found.id, [LABEL.role]: 'node' });
  const before = await steps.run('disks', 'Checking the disks', () => checkDisks(requireState(found), deps));
  const { state, layout } = await layoutOf(before, host, found.containers, request, deps);
  notice(deps, 'The machines boot from their disks; what was only in their memory is gone.');
  let running: Running;
  try {
    await removeContainers(docker, { [LABEL.cluster]: found.id });
    running = await launchAgain(state, layout, steps, deps);
    await boot(running, request, steps, deps);
  } catch (error) {
    await keepDisksOnly(found, error, deps);
    throw error;
  }
  return markReady({ ...running.state, run }, deps);
}

async function layoutOf(
  before: RigState,
  { facts, acceleratorReason }: FoundHost,
  containers: readonly ContainerInfo[],
  { pinnedPorts }: RestoreRequest,
  deps: RigDeps,
): Promise<{ readonly state: RigState; readonly layout: RigLayout }> {
  const plan = startedAgain(before.plan, pinnedPorts);
  const wishes = { pinned: plan.host.pinnedPorts, had: before.ports, own: boundBy(containers) };
  const ports = await chosenPorts(deps.docker, portsOf(plan, deps.kinds), wishes);
  for (const text of movedPorts(plan.host.name, before.ports, ports, pinnedPorts)) notice(deps, text);
  const { accelerator, cpu } = facts;
  const state: RigState = { ...before, run: deps.run, plan, ports, accelerator, acceleratorReason, cpu };
  delete state.paused;
  delete state.pooled;
  delete state.readyAt;
  return { state, layout: { ...layoutAt(facts, plan, ports, deps), sshPublicKey: before.sshPublicKey } };
}

function launchAgain(state: RigState, layout: RigLayout, steps: Steps, deps: RigDeps): Promise<Running> {
  const { building, template } = state;
  const origin: Origin = { kind: 'own', template: building ?? template, within: building !== undefined };
  return steps.run('containers', 'Starting the containers', async () => {
    await restoreSecrets(state, [], deps);
    const keys = await keysHere(state, deps);
    const network = await claim(layout, deps);
    // Ports may be others than before.
    const write = (bound: RigState): Promise<void> => writeAccess(keys, bound, deps);
    return launchClaimed({ layout, network, origin, state }, write, deps);
  });
}

async function boot(
  { state, launched }: Running,
  { timeoutMs }: RestoreRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<void> {
  const { docker, kinds, paths, clock, signal } = deps;
  const presumed = new Map<string, Presumption>();
  await whileAlive(docker, allContainers(launched), signal, async (alive) => {
    await steps.run('boot', 'Booting the machines', () =>
      waitForAgents(machinesOf(launched), { docker }, alive, timeoutMs),
    );
    await steps.run('ready', 'Waiting until the cluster is Ready', async (step) => {
      using proof = await kindOf(kinds, state.plan.guest).proof(state, paths);
      await allMet(proof.conditions, steps, {
        clock,
        signal: alive,
        timeoutMs,
        intervalMs: INTERVAL_MS,
        checkMs: LOOK_MS,
        presumed,
        onObserved: (message) => {
          step.progress({ message });
        },
      });
    });
  });
  tellPresumed(state.name, presumed, deps);
}

/** What this run made goes, the disks stay. */
async function keepDisksOnly(rig: Identity, error: unknown, deps: RigDeps): Promise<void> {
  const { docker, run, signal } = deps;
  if (!signal.aborted && !isCode(error, 'CONFLICT')) await keepEvidence(rig, deps);
  await removeContainers(docker, { [LABEL.cluster]: rig.id, [LABEL.run]: run });
  const again = gocliCommand('start', rig.name);
  notice(deps, `The disks of ${rig.name} are as they were. Try again: ${again}`, 'warning');
}
