import { Agent } from '../machine/agent.ts';
import { attempt } from '../waiting/attempt.ts';
import type { RigDeps } from './deps.ts';
import { phaseOf, type FoundRig, type RigPhase } from './life.ts';
import { machinesIn } from './parts.ts';

/** The wall clock of a machine. */
export interface MachineClock {
  readonly node: string;
  /**
   * Milliseconds by which it is ahead of the host's, behind when negative; as exact as half of the time that its agent
   * took to answer. Null when that gave no answer.
   */
  readonly offsetMs: number | null;
}

/** Milliseconds for an agent's answer; one that is busy with another command is not waited for. */
const ANSWER_MS = 5000;

/** When agents can be asked. While a rig starts they are its start's: an agent speaks with one at a time. */
const ASKED: Readonly<Partial<Record<RigPhase, true>>> = { running: true, broken: true };

/** Asks the guest agents of all machines that run for the time, all at once. */
export async function rigClocks(
  found: FoundRig,
  { docker, clock, signal }: Pick<RigDeps, 'docker' | 'clock' | 'signal'>,
): Promise<MachineClock[]> {
  if (ASKED[phaseOf(found)] === undefined) return [];
  const running = new Set(found.containers.flatMap(({ id, state }) => (state === 'running' ? [id] : [])));
  const machines = machinesIn(found).filter(({ container }) => running.has(container));
  return Promise.all(
    machines.map(async ({ container, node }) => {
      const answer = await attempt(signal, ANSWER_MS, async (bounded) => {
        await using agent = await Agent.open(docker, container, node, bounded);
        return await agent.clockOffset(clock, bounded);
      }).catch(() => {
        // Whatever is wrong with a machine, the conditions say it.
        signal.throwIfAborted();
        return undefined;
      });
      return { node, offsetMs: answer?.done === true ? Math.round(answer.value) : null };
    }),
  );
}
