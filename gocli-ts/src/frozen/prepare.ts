import type { Docker } from '../place/interface.ts';
import { GocliError } from '../errors/error.ts';
import { Agent } from '../machine/agent.ts';
import type { Clock } from '../shared/clock.ts';
import { inTime } from '../waiting/in-time.ts';
import type { MachineHandle } from './migration.ts';

/** Milliseconds for one guest: what it has still to write may be gigabytes on a slow disk. */
const PREPARE_MS = 300_000;
/**
 * A seed that clones would share goes; what was written goes to the disk; pages that the guest only keeps to be quick
 * go, which makes a template smaller and, measured, thaws it faster.
 */
const SCRIPT = 'rm -f /var/lib/systemd/random-seed; sync; echo 3 > /proc/sys/vm/drop_caches';

interface PrepareDeps {
  readonly docker: Docker;
  readonly clock: Clock;
}

/** Makes guests fit to be frozen. @throws GocliError REMOTE_COMMAND, GUEST_DIED, TIMEOUT; the signal's reason */
export async function prepareGuests(
  machines: readonly MachineHandle[],
  deps: PrepareDeps,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    machines.map((machine) =>
      inTime(`${machine.node} is made ready to be frozen`, { signal, timeoutMs: PREPARE_MS }, (bounded) =>
        prepare(machine, deps, bounded),
      ),
    ),
  );
}

async function prepare(
  { container, node }: MachineHandle,
  { docker, clock }: PrepareDeps,
  signal: AbortSignal,
): Promise<void> {
  await using agent = await Agent.open(docker, container, node, signal);
  const { exitCode, stderr } = await agent.run(['/bin/sh', '-c', SCRIPT], clock, signal);
  if (exitCode === 0) return;
  throw new GocliError('REMOTE_COMMAND', `${node} could not be made ready to be frozen`, {
    observed: stderr.trim(),
  });
}
