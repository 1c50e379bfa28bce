import { GocliError, messageOf } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import { gocliCommand } from '../shared/command.ts';
import { formatSeconds, lastLines } from '../shared/text.ts';
import { attempt } from '../waiting/attempt.ts';
import type { Condition } from '../waiting/condition.ts';
import type { RigDeps } from './deps.ts';
import { phaseOf, type FoundRig, type RigPhase } from './life.ts';
import { kindOf } from './kind.ts';
import { requireNearby } from './start/reach.ts';

export interface ConditionStatus {
  readonly name: string;
  readonly met: boolean;
  readonly observed: string;
}

export interface RigStatus {
  readonly ready: boolean;
  readonly conditions: readonly ConditionStatus[];
}

/** Milliseconds a condition may take when it is looked at once; an emulated guest on a busy host needs half of them. */
const LOOK_MS = 10_000;

/**
 * Looks at every condition of a cluster once, all at the same time.
 * @throws GocliError DOCKER_UNSUPPORTED where this process is in another network than what it looks at
 */
export async function rigStatus(
  found: FoundRig,
  deps: Pick<RigDeps, 'docker' | 'kinds' | 'paths' | 'signal'>,
): Promise<RigStatus> {
  const { state } = found;
  const held = heldCondition(found);
  if (held !== undefined) return { ready: false, conditions: [held] };
  const containers = containerConditions(found);
  const alive = containers.every(({ met }) => met);
  if (!alive || state === undefined) return { ready: alive && containers.length > 0, conditions: containers };
  using proof = await kindOf(deps.kinds, state.plan.guest).proof(state, deps.paths);
  const looks = await Promise.all(proof.conditions.map((condition) => look(condition, deps.signal)));
  if (looks.some(({ met }) => !met)) await requireNearby(deps.docker);
  const conditions = [...containers, ...looks];
  return { ready: conditions.every(({ met }) => met), conditions };
}

/** What brings a rig back of which nothing can be asked. */
const UNDO: Readonly<Partial<Record<RigPhase, string>>> = {
  stopped: 'start',
  halted: 'start',
  paused: 'resume',
};

function heldCondition(found: FoundRig): ConditionStatus | undefined {
  const phase = phaseOf(found);
  const undo = UNDO[phase];
  if (phase === 'pooled')
    return { name: 'the cluster runs', met: false, observed: 'it is of the pool (gocli pool ls)' };
  if (found.aside !== undefined) {
    const observed = `a restore of it is not over; if nothing is at it: ${gocliCommand('resume', found.name)}`;
    return { name: 'the cluster runs', met: false, observed };
  }
  if (undo === undefined) return undefined;
  return { name: 'the cluster runs', met: false, observed: `${phase} (${gocliCommand(undo, found.name)})` };
}

/** Containers that should be there and run. */
function containerConditions(found: FoundRig): ConditionStatus[] {
  const nodes = found.state?.plan.guest.nodes ?? 0;
  const expected = [
    'dnsmasq',
    'registry',
    ...Array.from({ length: nodes }, (_, at) => `node${String(at + 1).padStart(2, '0')}`),
  ];
  return expected.map((role) => {
    const container = found.containers.find(
      ({ labels }) => (labels[LABEL.node] ?? labels[LABEL.role]) === role,
    );
    const state = container?.state ?? 'missing';
    // By a save that was killed, or by somebody else.
    const observed = state === 'paused' ? `paused (${gocliCommand('resume', found.name)})` : state;
    return { name: `container ${found.name}-${role} runs`, met: state === 'running', observed };
  });
}

async function look(condition: Condition, signal: AbortSignal): Promise<ConditionStatus> {
  try {
    const looked = await attempt(signal, LOOK_MS, (bounded) => condition.check(bounded));
    if (!looked.done) {
      const observed = `no answer within ${formatSeconds(LOOK_MS / 1000)}`;
      return { name: condition.name, met: false, observed };
    }
    const { met, observed = 'ok' } = looked.value;
    return { name: condition.name, met, observed };
  } catch (error) {
    signal.throwIfAborted();
    const detail =
      error instanceof GocliError && error.observed !== undefined ? ` (${lastLines(error.observed, 1)})` : '';
    return { name: condition.name, met: false, observed: `${messageOf(error)}${detail}` };
  }
}
