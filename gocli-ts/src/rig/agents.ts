import { GocliError } from '../errors/error.ts';
import type { MachineHandle } from '../frozen/migration.ts';
import { Agent } from '../machine/agent.ts';
import { within } from '../shared/limit.ts';
import type { RigDeps } from './deps.ts';

/** Waits until the guest agent of every machine answers. @throws GocliError TIMEOUT, GUEST_DIED */
export async function waitForAgents(
  machines: readonly MachineHandle[],
  { docker }: Pick<RigDeps, 'docker'>,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  using limit = within(signal, timeoutMs);
  const bounded = limit.signal;
  await Promise.all(
    machines.map(async ({ container, node }) => {
      try {
        await using agent = await Agent.open(docker, container, node, bounded);
        await agent.execute('guest-ping', {}, bounded);
      } catch (error) {
        signal.throwIfAborted();
        if (!bounded.aborted) throw error;
        const seconds = timeoutMs / 1000;
        throw new GocliError('TIMEOUT', `the guest agent of ${node} did not answer within ${seconds} s`, {
          cause: error,
        });
      }
    }),
  );
}
