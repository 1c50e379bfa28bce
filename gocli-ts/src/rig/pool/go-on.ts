import { GocliError } from '../../errors/error.ts';
import { resumeMachines } from '../../frozen/save.ts';
import type { Steps } from '../../events/steps.ts';
import { formatSeconds } from '../../shared/text.ts';
import { inTime } from '../../waiting/in-time.ts';
import { runInGuests } from '../agents.ts';
import type { RigDeps } from '../deps.ts';
import { requireState } from '../find.ts';
import { hostNamed } from '../identity.ts';
import { keysHere } from '../keep-state.ts';
import { kindOf } from '../kind.ts';
import type { FoundRig } from '../life.ts';
import type { RigPlan } from '../plan.ts';
import { machinesIn } from '../parts.ts';
import { markReady } from '../start/starting.ts';
import type { RigState } from '../state.ts';
import { whileAlive } from '../watchdog.ts';

/** A cluster that was taken from a pool and has its name. */
export interface Taken {
  readonly found: FoundRig;
  /** What was asked for, which its machines are. */
  readonly plan: RigPlan;
  /** Milliseconds for all of it. */
  readonly timeoutMs: number;
}

/**
 * Lets a cluster that was taken from a pool go on, and waits until it proves to be Ready, by what a thawed one is proven
 * by. The clocks are right before that is said. It can be repeated.
 * @throws GocliError TIMEOUT with all that was still waited for, GUEST_DIED and whatever else it meets
 */
export async function goOnTaken(taken: Taken, steps: Steps, deps: RigDeps): Promise<RigState> {
  const { found, timeoutMs } = taken;
  const { docker, signal } = deps;
  const unmet = new Map([['all machines go on', 'not yet']]);
  const late = (cause?: unknown): GocliError => {
    const message = `cluster "${found.name}" of the pool did not go on within ${formatSeconds(timeoutMs / 1000)}`;
    const observed = [...unmet].map(([name, seen]) => `${name}: ${seen}`).join('\n');
    return new GocliError('TIMEOUT', message, { observed, cause });
  };
  await whileAlive(docker, found.containers, signal, (alive) =>
    inTime(late, { signal: alive, timeoutMs }, async (bounded) => {
      await steps.run('continue', 'Letting the machines go on', () => goOn(found, deps, bounded));
      unmet.clear();
      await proveReady(taken, unmet, steps, { ...deps, signal: bounded });
    }),
  );
  return asOwn(taken, deps);
}

async function goOn(found: FoundRig, deps: RigDeps, signal: AbortSignal): Promise<void> {
  const late = await resumeMachines(machinesIn(found), deps, signal);
  if (late.length === 0) return;
  throw new GocliError('NOT_READY', `the clock of ${late.join(', ')} could not be set`, {
    observed: 'its agent (qemu-guest-agent) gave no answer',
  });
}

async function proveReady(
  { found, plan, timeoutMs }: Taken,
  unmet: Map<string, string>,
  steps: Steps,
  deps: RigDeps,
): Promise<void> {
  const state = requireState(found);
  const keys = await keysHere(state, deps);
  await steps.run('taken', 'Waiting until the cluster is Ready', (step) =>
    // It has as many machines as were asked for.
    kindOf(deps.kinds, plan.guest).afterThaw(
      {
        state,
        // As it will be known: what its machines are hangs on that.
        layout: { plan: { guest: plan.guest, host: hostNamed(plan.host, found) } },
        saved: { machines: [] },
        keys,
        inGuests: (scripts, signal) => runInGuests(machinesIn(found), scripts, deps, signal),
      },
      steps,
      {
        clock: deps.clock,
        signal: deps.signal,
        timeoutMs,
        intervalMs: 25,
        unmet,
        onObserved: (message) => {
          step.progress({ message });
        },
      },
    ),
  );
}

/** From now on it is a cluster like any other, made now. */
function asOwn({ found, plan }: Taken, deps: RigDeps): Promise<RigState> {
  const createdAt = new Date(deps.clock.now()).toISOString();
  const host = hostNamed(plan.host, found);
  const state: RigState = { ...requireState(found), createdAt, plan: { guest: plan.guest, host } };
  delete state.paused;
  delete state.pooled;
  return markReady(state, deps);
}
