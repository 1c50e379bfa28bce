import type { MachineHandle } from '../frozen/migration.ts';
import { Agent } from '../machine/agent.ts';
import { together } from '../shared/all.ts';
import { inTime } from '../waiting/in-time.ts';
import type { RigDeps } from './deps.ts';

/** Waits until the guest agent of every machine answers. @throws GocliError TIMEOUT, GUEST_DIED */
export async function waitForAgents(
  machines: readonly MachineHandle[],
  { docker }: Pick<RigDeps, 'docker'>,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  await Promise.all(
    machines.map(({ container, node }) =>
      inTime(`the guest agent of ${node} answers`, { signal, timeoutMs }, async (bounded) => {
        await using agent = await Agent.open(docker, container, node, bounded);
        await agent.execute('guest-ping', {}, bounded);
      }),
    ),
  );
}

/** Runs a shell script in the guest of each machine, all at once. @returns what each printed @throws GocliError REMOTE_COMMAND, GUEST_DIED */
export function runInGuests(
  machines: readonly MachineHandle[],
  scripts: readonly string[],
  { docker, clock }: Pick<RigDeps, 'docker' | 'clock'>,
  signal: AbortSignal,
): Promise<string[]> {
  return together(machines, signal, async ({ container, node }, one, at) => {
    await using agent = await Agent.open(docker, container, node, one);
    return await agent.script(scripts[at] ?? '', clock, one);
  });
}
