import type { Docker } from '../place/interface.ts';
import { Agent } from '../machine/agent.ts';
import { Monitor } from '../machine/monitor.ts';
import { All, together } from '../shared/all.ts';
import type { Clock } from '../shared/clock.ts';
import { inTime } from '../waiting/in-time.ts';
import { frozenFiles } from './frozen-files.ts';
import { migrationEnd, setCapabilities, type MachineHandle } from './migration.ts';
import { resumeAfter } from './resume.ts';

/** What freezing and thawing work with. */
export interface FrozenDeps {
  readonly docker: Docker;
  readonly clock: Clock;
}

/** What is known of frozen machines as soon as they are. */
export interface Frozen {
  /** By machine, in order. */
  readonly bootIds: readonly string[];
  /** Version of qemu, `10.0.13`. */
  readonly qemu: string;
  readonly skewMs: number;
}

/** Milliseconds for the machines to end, which does not wait for the guest. */
const QUIT_MS = 20_000;
/** Milliseconds for a guest that runs to tell its boot id: an agent under emulation on a busy host is slow. */
const BOOT_ID_MS = 120_000;

export const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * Freezes machines whose memory lies in files: stops all, saves the devices of all, ends them. Their files must never
 * be written again. Fails without a trace: the machines then go on.
 * @param quitMs milliseconds for the machines to end
 * @throws GocliError REMOTE_COMMAND (qemu refused), GUEST_DIED, TIMEOUT; the signal's reason, before the machines are
 * ended
 */
export async function freeze(
  machines: readonly MachineHandle[],
  { docker, clock }: FrozenDeps,
  signal: AbortSignal,
  quitMs = QUIT_MS,
): Promise<Frozen> {
  const bootIds = await Promise.all(machines.map((machine) => bootIdOf(machine, docker, signal)));
  await using monitors = await All.open(machines, ({ container, node }) =>
    Monitor.open(docker, container, node, signal),
  );
  // With it, memory in a shared file is left where it is.
  await monitors.each((monitor) => setCapabilities(monitor, ['x-ignore-shared'], signal));
  const skewMs = await stopAndSave(monitors, machines, { docker, clock }, signal);
  const qemu = monitors.items[0]?.version ?? '';
  await endAll(monitors, machines, docker, quitMs);
  return { bootIds, qemu, skewMs };
}

/** There is no way back from it, so no signal ends it half-way. @throws GocliError GUEST_DIED, REMOTE_COMMAND, TIMEOUT */
async function endAll(
  monitors: All<Monitor>,
  machines: readonly MachineHandle[],
  docker: Docker,
  timeoutMs: number,
): Promise<void> {
  const left = new Set(machines.map(({ node }) => node));
  const seen = (): string => `qemu of ${[...left].join(' and ')} is still there`;
  await inTime('all machines end', { signal: undefined, timeoutMs, seen }, async (signal) => {
    await monitors.each((monitor) => monitor.execute('quit', {}, signal));
    await Promise.all(
      machines.map(async ({ container, node }) => {
        await docker.containers.wait(container, signal);
        left.delete(node);
      }),
    );
  });
}

/** Returns the milliseconds between the first and the last machine's stop. */
async function stopAndSave(
  monitors: All<Monitor>,
  machines: readonly MachineHandle[],
  deps: FrozenDeps,
  signal: AbortSignal,
): Promise<number> {
  const { clock } = deps;
  try {
    const skewMs = await stopAll(monitors, clock, signal);
    await together(monitors.items, signal, async (monitor, bounded, at) => {
      const node = machines[at]?.node ?? '';
      await monitor.execute('migrate', { uri: `file:${frozenFiles(node).state}` }, bounded);
      await migrationEnd(monitor, `save the state of ${node}`, clock, bounded);
    });
    return skewMs;
  } catch (error) {
    return await resumeAfter(error, monitors, machines, deps);
  }
}

/** Stops all machines at once; returns the milliseconds between the first and the last. */
export async function stopAll(monitors: All<Monitor>, clock: Clock, signal: AbortSignal): Promise<number> {
  const times = await together(monitors.items, signal, async (monitor, bounded) => {
    await monitor.execute('stop', {}, bounded);
    return clock.monotonic();
  });
  return Math.max(...times) - Math.min(...times);
}

/** The boot id of a running guest. @throws GocliError TIMEOUT, GUEST_DIED, REMOTE_COMMAND; the signal's reason */
export function bootIdOf(
  { container, node }: MachineHandle,
  docker: Docker,
  signal: AbortSignal,
): Promise<string> {
  const bounds = { signal, timeoutMs: BOOT_ID_MS, hint: 'Type: gocli ls' };
  return inTime(`the guest agent of ${node} tells the boot id`, bounds, async (bounded) => {
    await using agent = await Agent.open(docker, container, node, bounded);
    return (await agent.readFile(BOOT_ID, bounded)).trim();
  });
}
