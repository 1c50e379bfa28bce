import type { Docker } from '../docker/port.ts';
import { Agent } from '../machine/agent.ts';
import { Monitor } from '../machine/monitor.ts';
import { All } from '../shared/all.ts';
import type { Clock } from '../shared/clock.ts';
import { frozenFiles } from './files.ts';
import { bootIdOf, stopAll, type FrozenDeps } from './freeze.ts';
import { migrationEnd, setCapabilities, type MachineHandle } from './migration.ts';
import type { SavedState } from './thaw.ts';

/** Milliseconds for what must not be left half done, whatever the user interrupts. */
const RESUME_MS = 30_000;

export interface SaveOptions {
  /** Folder, in the containers of the machines, that the state goes into. */
  readonly folder: string;
  /** Whether the machines go on afterwards. */
  readonly goOn: boolean;
  /** What is done while nothing runs: copies of disks and data. */
  meanwhile(): Promise<void>;
}

/**
 * Saves running machines whole, memory included. All are stopped first, so that what is saved is one moment of all.
 * When something goes wrong they go on.
 * @throws GocliError REMOTE_COMMAND (qemu refused), GUEST_DIED; the signal's reason
 */
export async function saveMachines(
  machines: readonly MachineHandle[],
  options: SaveOptions,
  deps: FrozenDeps,
  signal: AbortSignal,
): Promise<SavedState> {
  const { docker, clock } = deps;
  const bootIds = await Promise.all(machines.map((machine) => bootIdOf(machine, docker, signal)));
  await using monitors = await openMonitors(machines, docker, signal);
  // Clones have been thawed with the one, and qemu cannot do both at once.
  await monitors.each((monitor) => setCapabilities(monitor, ['x-ignore-shared'], signal, false));
  await monitors.each((monitor) => setCapabilities(monitor, ['mapped-ram'], signal));
  await monitors.each((monitor) => monitor.execute('migrate-set-parameters', { 'max-bandwidth': 0 }, signal));
  let saved = false;
  try {
    await stopAll(monitors, clock, signal);
    const saving = monitors.each(async (monitor, index) => {
      const node = machines[index]?.node ?? '';
      await monitor.execute('migrate', { uri: `file:${frozenFiles(node, options.folder).state}` }, signal);
      await migrationEnd(monitor, `save the state of ${node}`, clock, signal);
    });
    await Promise.all([saving, options.meanwhile()]);
    saved = true;
  } finally {
    if (!saved || options.goOn) await resumeAll(monitors, machines, deps);
  }
  return {
    qemu: monitors.items[0]?.version ?? '',
    capability: 'mapped-ram',
    machines: machines.map(({ node }, at) => ({
      name: node,
      bootId: bootIds[at] ?? '',
      file: frozenFiles(node, options.folder).state,
    })),
  };
}

/** Stops the processors of all machines where they are; returns the milliseconds between the first and the last. */
export async function pauseMachines(
  machines: readonly MachineHandle[],
  { docker, clock }: FrozenDeps,
  signal: AbortSignal,
): Promise<number> {
  await using monitors = await openMonitors(machines, docker, signal);
  return await stopAll(monitors, clock, signal);
}

/** Lets paused machines go on and sets their clocks. */
export async function resumeMachines(
  machines: readonly MachineHandle[],
  deps: FrozenDeps,
  signal: AbortSignal,
): Promise<void> {
  await using monitors = await openMonitors(machines, deps.docker, signal);
  await resumeAll(monitors, machines, deps);
}

function openMonitors(
  machines: readonly MachineHandle[],
  docker: Docker,
  signal: AbortSignal,
): Promise<All<Monitor>> {
  return All.open(machines, ({ container, node }) => Monitor.open(docker, container, node, signal));
}

async function resumeAll(
  monitors: All<Monitor>,
  machines: readonly MachineHandle[],
  { docker, clock }: FrozenDeps,
): Promise<void> {
  const bounded = AbortSignal.timeout(RESUME_MS);
  await monitors.each((monitor) => monitor.execute('cont', {}, bounded));
  await Promise.all(machines.map((machine) => setClock(machine, docker, clock, bounded)));
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
