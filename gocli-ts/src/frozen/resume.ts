import { GocliError, isCode, messageOf } from '../errors/error.ts';
import { Agent } from '../machine/agent.ts';
import type { Monitor } from '../machine/monitor.ts';
import type { Docker } from '../place/interface.ts';
import { allOf, type All } from '../shared/all.ts';
import type { Clock } from '../shared/clock.ts';
import { attempt } from '../waiting/attempt.ts';
import { inTime } from '../waiting/in-time.ts';
import type { FrozenDeps } from './freeze.ts';
import { cancelMigration, type MachineHandle } from './migration.ts';

/** Milliseconds for what must not be left half done, whatever the user interrupts. */
const RESUME_MS = 30_000;
/** The part of that which a save has to end by itself: a gigabyte takes less than a second on two cores. */
const OWN_END = 1 / 6;
/** The part of it for the agent of a guest that goes on to set the clock; a busy guest takes seconds. */
const CLOCK = 1 / 2;

/**
 * Lets stopped machines go on and sets their clocks; all of them, even when it fails for one. A save that is under way
 * ends first, or is cancelled. No signal of the caller ends it half-way.
 * @param resumeMs milliseconds until TIMEOUT
 * @returns names of those whose agent did not set the clock: they run, and NTP sets it right some seconds later
 * @throws GocliError GUEST_DIED, REMOTE_COMMAND; TIMEOUT with what every machine has not done
 */
export async function resumeAll(
  monitors: All<Monitor>,
  machines: readonly MachineHandle[],
  deps: FrozenDeps,
  resumeMs = RESUME_MS,
): Promise<string[]> {
  const unmet = new Map(machines.map(({ node }) => [node, 'qemu did not say whether it is still saved']));
  const bounds = {
    signal: undefined,
    timeoutMs: resumeMs,
    seen: () => [...unmet].map(([node, what]) => `${node}: ${what}`).join('; '),
    hint: 'Type: gocli ls',
  };
  return await inTime('all machines go on', bounds, (signal) =>
    goOn(monitors, machines, deps, { signal, resumeMs }, unmet),
  );
}

/** @param unmet kept up to date: what each machine has still to do, by node */
async function goOn(
  monitors: All<Monitor>,
  machines: readonly MachineHandle[],
  { docker, clock }: FrozenDeps,
  { signal, resumeMs }: { readonly signal: AbortSignal; readonly resumeMs: number },
  unmet: Map<string, string>,
): Promise<string[]> {
  const nodes = machines.map(({ node }) => node);
  const quiet = monitors.items.map(async (monitor, at) => {
    await cancelMigration(monitor, clock, signal, resumeMs * OWN_END);
    unmet.set(nodes[at] ?? '', 'qemu did not let it go on');
  });
  await Promise.allSettled(quiet);
  // A machine whose save cannot be ended is told to go on all the same.
  const running = monitors.items.map(async (monitor, at) => {
    await monitor.execute('cont', {}, signal);
    unmet.delete(nodes[at] ?? '');
  });
  await Promise.allSettled(running);
  const clocks = machines.map(async (machine, at) => {
    await running[at];
    const limit = resumeMs * CLOCK;
    const set = await attempt(signal, limit, (bounded) => setClock(machine, docker, clock, bounded)).catch(
      (error: unknown) => {
        // An agent that cannot do it, or not in time: the machine runs all the same.
        if (!isCode(error, 'REMOTE_COMMAND') && !isCode(error, 'TIMEOUT')) throw error;
        return { done: false };
      },
    );
    return set.done ? [] : [machine.node];
  });
  const [late] = await allOf([allOf(clocks), allOf([...quiet, ...running])]);
  return late.flat();
}

/**
 * Lets machines go on after work with them failed.
 * @throws the failure; GocliError GUEST_DIED when they do not all go on
 */
export async function resumeAfter(
  failure: unknown,
  monitors: All<Monitor>,
  machines: readonly MachineHandle[],
  deps: FrozenDeps,
): Promise<never> {
  try {
    await resumeAll(monitors, machines, deps);
  } catch (error) {
    const words = `${messageOf(failure)}; after that not all machines go on: ${messageOf(error)}`;
    throw new GocliError('GUEST_DIED', words, { cause: failure, hint: 'Type: gocli ls' });
  }
  throw failure;
}

/** A guest does not see the time pass while it is stopped. */
async function setClock(
  { container, node }: MachineHandle,
  docker: Docker,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  await using agent = await Agent.open(docker, container, node, signal);
  await agent.setClock(clock, signal);
}
