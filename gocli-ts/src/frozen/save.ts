import { z } from 'zod';
import type { Docker } from '../place/interface.ts';
import { GocliError, isCode } from '../errors/error.ts';
import { Monitor } from '../machine/monitor.ts';
import { All, allOf, together } from '../shared/all.ts';
import type { Clock } from '../shared/clock.ts';
import { linked } from '../shared/limit.ts';
import { frozenFiles } from './frozen-files.ts';
import { bootIdOf, stopAll, type FrozenDeps } from './freeze.ts';
import { migrationEnd, setCapabilities, setMigration, type MachineHandle } from './migration.ts';
import { resumeAfter, resumeAll } from './resume.ts';
import type { SavedState } from './thaw.ts';

/** Memory and devices in one file. */
const WHOLE = ['mapped-ram', 'multifd'] as const;

export interface SaveOptions {
  /** Folder, in the containers of the machines, that the state goes into. */
  readonly folder: string;
  /** Whether the machines go on afterwards. */
  readonly goOn: boolean;
  /** What has to be there before anything is saved, made while the machines still run. */
  before(): Promise<void>;
  /** What is done while nothing runs: copies of disks and data. */
  meanwhile(): Promise<void>;
}

/**
 * Saves running machines whole, memory included. All are stopped first, so that what is saved is one moment of all.
 * When something goes wrong they go on.
 * @throws GocliError REMOTE_COMMAND (qemu refused), GUEST_DIED, NOT_READY (one was never loaded); the signal's reason
 */
export async function saveMachines(
  machines: readonly MachineHandle[],
  options: SaveOptions,
  deps: FrozenDeps,
  signal: AbortSignal,
): Promise<SavedState> {
  await using monitors = await openMonitors(machines, deps.docker, signal);
  await letRun(monitors, machines, deps, signal);
  const ids = await makeReady(monitors, machines, options, deps, signal);
  const saved = await saveStopped(monitors, machines, options, deps, signal);
  if (options.goOn) await resumeAll(monitors, machines, deps);
  return {
    qemu: monitors.items[0]?.version ?? '',
    capabilities: WHOLE,
    direct: saved.every(Boolean),
    machines: machines.map(({ node }, at) => ({
      name: node,
      bootId: ids[at] ?? '',
      file: frozenFiles(node, options.folder).state,
    })),
  };
}

/**
 * What is done while the machines run, side by side: a place is made, and the boot ids are asked for. Returns those.
 */
async function makeReady(
  monitors: All<Monitor>,
  machines: readonly MachineHandle[],
  options: SaveOptions,
  { docker }: FrozenDeps,
  signal: AbortSignal,
): Promise<string[]> {
  // A guest that does not answer must not keep what failed from being told.
  using limit = linked(signal);
  const before = options.before().catch((error: unknown) => {
    limit.abort(error);
    throw error;
  });
  const ids = allOf(machines.map((machine) => bootIdOf(machine, docker, limit.signal)));
  // Clones have been thawed with the one, and qemu cannot do both at once.
  const whole = monitors.each((monitor) =>
    setCapabilities(monitor, ['x-ignore-shared'], limit.signal, false),
  );
  const [bootIds] = await allOf([ids, before, whole]);
  return bootIds;
}

const statusSchema = z.object({ status: z.string() });

/**
 * Machines stand still where a command was killed that had stopped them, and no guest answers then: they go on first
 * (QMP `query-status`, `RunState`).
 * @throws GocliError NOT_READY for a machine that was never loaded
 */
async function letRun(
  monitors: All<Monitor>,
  machines: readonly MachineHandle[],
  deps: FrozenDeps,
  signal: AbortSignal,
): Promise<void> {
  const states = await monitors.each(async (monitor) => {
    return statusSchema.parse(await monitor.execute('query-status', {}, signal)).status;
  });
  const unloaded = machines.find((_, at) => states[at] === 'inmigrate');
  if (unloaded !== undefined) {
    const message = `${unloaded.node} waits for the state that it is to go on from`;
    throw new GocliError('NOT_READY', message, { observed: 'the command that was to load it ended' });
  }
  if (states.some((state) => state !== 'running')) await resumeAll(monitors, machines, deps);
}

/** Stops all machines and saves them; when it fails they go on. Returns which were saved past the page cache. */
async function saveStopped(
  monitors: All<Monitor>,
  machines: readonly MachineHandle[],
  options: SaveOptions,
  deps: FrozenDeps,
  signal: AbortSignal,
): Promise<boolean[]> {
  const { clock } = deps;
  let copying: Promise<void> = Promise.resolve();
  try {
    await stopAll(monitors, clock, signal);
    using failing = linked(signal);
    copying = options.meanwhile().catch((error: unknown) => {
      failing.abort(error);
      throw error;
    });
    const saved = await together(monitors.items, failing.signal, (monitor, bounded, at) => {
      const node = machines[at]?.node ?? '';
      return saveWhole(monitor, node, frozenFiles(node, options.folder).state, clock, bounded);
    });
    await copying;
    return saved;
  } catch (error) {
    const resuming = resumeAfter(error, monitors, machines, deps);
    // Whoever removes what is half copied must find it still.
    await Promise.allSettled([copying, resuming]);
    return await resuming;
  }
}

/**
 * Past the page cache, which is faster and leaves nothing to be written later; through it where the file system cannot
 * do that. Returns which of the two.
 */
async function saveWhole(
  monitor: Monitor,
  node: string,
  file: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const save = async (direct: boolean): Promise<boolean> => {
    await setMigration(monitor, { capabilities: WHOLE, direct }, signal);
    await monitor.execute('migrate', { uri: `file:${file}` }, signal);
    await migrationEnd(monitor, `save the state of ${node}`, clock, signal);
    return direct;
  };
  try {
    return await save(true);
  } catch (error) {
    signal.throwIfAborted();
    if (!isCode(error, 'REMOTE_COMMAND')) throw error;
    return save(false);
  }
}

/**
 * Stops the processors of all machines where they are, or of none; returns the milliseconds between the first and the
 * last.
 */
export async function pauseMachines(
  machines: readonly MachineHandle[],
  { docker, clock }: FrozenDeps,
  signal: AbortSignal,
): Promise<number> {
  await using monitors = await openMonitors(machines, docker, signal);
  try {
    return await stopAll(monitors, clock, signal);
  } catch (error) {
    return await resumeAfter(error, monitors, machines, { docker, clock });
  }
}

/**
 * Lets paused machines go on and sets their clocks.
 * @returns names of those whose clock could not be set
 * @throws GocliError what {@link resumeAll} throws
 */
export async function resumeMachines(
  machines: readonly MachineHandle[],
  deps: FrozenDeps,
  signal: AbortSignal,
  resumeMs?: number,
): Promise<string[]> {
  await using monitors = await openMonitors(machines, deps.docker, signal);
  return await resumeAll(monitors, machines, deps, resumeMs);
}

function openMonitors(
  machines: readonly MachineHandle[],
  docker: Docker,
  signal: AbortSignal,
): Promise<All<Monitor>> {
  return All.open(machines, ({ container, node }) => Monitor.open(docker, container, node, signal));
}
