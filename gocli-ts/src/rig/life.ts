import { LABEL } from '../place/labels.ts';
import type { ContainerInfo } from '../place/interface.ts';
import type { Identity } from './identity.ts';
import { poolOfName } from './names.ts';
import { isMachine } from './parts.ts';
import { refusal } from './refusal.ts';
import type { Snapshot } from './snapshot/list.ts';
import type { RigState } from './state.ts';

/**
 * The life of a rig: what it is, and what each verb does with it then. Nothing else compares states (a lint rule), so
 * that two verbs cannot disagree.
 */

/** A rig as it is found on this host: its containers, by label, and what is known of it. */
export interface FoundRig extends Identity {
  readonly containers: readonly ContainerInfo[];
  /** Absent when the start was killed before it wrote any, and when it was started with another HOME. */
  readonly state: RigState | undefined;
  /** What it was saved as when it was stopped. While it is there, the rig is stopped, whatever else is left of it. */
  readonly saved?: Snapshot | undefined;
  /** Containers of machines that stand still until those that are to take their place are Ready, if a restore was killed. */
  readonly aside?: readonly ContainerInfo[] | undefined;
}

/** What a rig is doing, as people see it. */
export type RigPhase = 'starting' | 'running' | 'paused' | 'stopped' | 'halted' | 'broken' | 'pooled';

/** The same in the detail that verbs need. */
export type Situation =
  | RigPhase
  | 'absent'
  /** Stopped, but containers are left: a stop or a start was killed. */
  | 'littered'
  /** Stopped, and what it was saved as is gone. */
  | 'lost'
  /** Paused, or a save of it was killed, and not all of it runs. */
  | 'hampered'
  /** A restore was killed: the machines that ran before stand aside. */
  | 'replacing'
  /** Broken, but no machine runs, and their disks are there. */
  | 'bootable'
  /** It was Ready and is about to become a clone of its template, or a command was killed when it was. */
  | 'cloning'
  /** It runs, and nothing is known of it: its start is not over, or another user has its keys. */
  | 'foreign'
  /** Something of it is there, and nothing is known of it, or it was never Ready and no machine runs. */
  | 'unfinished';

/** What a verb does. `look` stands for: what is there is compared with what is wanted. */
export type Act =
  'launch' | 'look' | 'thaw' | 'boot' | 'save' | 'clear' | 'hold' | 'release' | 'rename' | 'use';

/**
 * Verbs that ask what a rig is doing; rm, status and ls take all. `use` stands for those that need a rig that runs and
 * its keys (ssh, kubectl, ports…), `logs` for those that need neither to be complete.
 */
export type Verb = 'run' | 'start' | 'stop' | 'pause' | 'resume' | 'rename' | 'use' | 'logs';

/** What each verb does in each situation. Where there is nothing it is refused, with the verb that does work. */
const LIFE: Readonly<Record<Verb, Readonly<Partial<Record<Situation, Act>>>>> = {
  run: {
    absent: 'launch',
    starting: 'look',
    running: 'look',
    halted: 'boot',
    broken: 'look',
    bootable: 'look',
    cloning: 'look',
    foreign: 'look',
    unfinished: 'look',
  },
  start: { stopped: 'thaw', littered: 'thaw', halted: 'boot', bootable: 'boot', cloning: 'boot' },
  stop: { starting: 'save', running: 'save', broken: 'save', cloning: 'save', littered: 'clear' },
  pause: { starting: 'hold', running: 'hold', broken: 'hold', cloning: 'hold' },
  // A pause that failed half way leaves machines that stand; letting one go on that runs does no harm.
  resume: { paused: 'release', hampered: 'release', broken: 'release', replacing: 'release' },
  // One that starts is looked for by its name, and has no record yet.
  rename: {
    running: 'rename',
    paused: 'rename',
    hampered: 'rename',
    stopped: 'rename',
    halted: 'rename',
    broken: 'rename',
    bootable: 'rename',
  },
  use: { starting: 'use', running: 'use', broken: 'use', bootable: 'use', cloning: 'use' },
  logs: {
    starting: 'use',
    running: 'use',
    broken: 'use',
    bootable: 'use',
    cloning: 'use',
    foreign: 'use',
    unfinished: 'use',
  },
};

/** Those that a verb means by `--all`: a rig that only can bear it is left alone. */
const MEANT_BY_ALL: Readonly<Partial<Record<Verb, readonly Situation[]>>> = {
  start: ['stopped', 'littered', 'halted'],
  stop: ['running'],
  pause: ['running'],
  resume: ['paused'],
};

const PARTS = ['dnsmasq', 'registry', 'node'];

/** What a rig is doing, in the detail that verbs need. One of a pool is nobody's yet, whatever it is doing. */
export function situationOf(found: FoundRig | undefined): Situation {
  if (found === undefined) return 'absent';
  return isPooled(found) ? 'pooled' : situationByParts(found);
}

/** Whether a rig is of a pool. */
export function isPooled({ name }: Pick<FoundRig, 'name'>): boolean {
  return poolOfName(name) !== undefined;
}

/** Why a rig of a pool cannot be taken from it; undefined when it stands ready. */
export function whyNotReady(found: FoundRig): string | undefined {
  if (found.state?.pooled === undefined) return 'it was not made to its end';
  const situation = situationByParts(found);
  return situation === 'paused' ? undefined : `it is ${situation}`;
}

/** Whether a rig was taken from a pool, and the command that took it was killed before it had seen it Ready. */
export function isHalfTaken(found: FoundRig): boolean {
  return found.state?.pooled !== undefined && situationOf(found) === 'paused';
}

function situationByParts(found: FoundRig): Situation {
  const { containers, state, saved, aside = [] } = found;
  if (aside.length > 0) return 'replacing';
  if (state?.stopped === true) {
    if (saved === undefined) return 'lost';
    return containers.length === 0 ? 'stopped' : 'littered';
  }
  // What only holds a volume never runs.
  const parts = containers.filter(({ labels }) => PARTS.includes(labels[LABEL.role] ?? ''));
  const running = parts.filter((one) => one.state === 'running');
  if (hasDisks(found) && running.length === 0) return 'halted';
  if (hasDisks(found) && !running.some(isMachine)) return 'bootable';
  if (state === undefined) return isWhole(found) ? 'foreign' : 'unfinished';
  if (!wasReady(state) && !running.some(isMachine)) return 'unfinished';
  if (state.paused !== true && state.building !== undefined && state.building === state.template)
    return 'cloning';
  // A save that was killed leaves the registry held, and machines that stand.
  const isHeld = state.paused === true || parts.some((one) => one.state === 'paused');
  if (parts.length === 0 || running.length < parts.length) return isHeld ? 'hampered' : 'broken';
  if (state.paused === true) return 'paused';
  // Network and registry stay when the machines are replaced by those of a snapshot.
  const isOwn =
    parts.some(isMachine) && parts.filter(isMachine).every(({ labels }) => labels[LABEL.run] === state.run);
  return state.readyAt === undefined || !isOwn ? 'starting' : 'running';
}

/** What a rig is doing, as people see it. */
export function phaseOf(found: FoundRig): RigPhase {
  const situation = situationOf(found);
  switch (situation) {
    case 'littered':
    case 'lost':
      return 'stopped';
    case 'bootable':
    case 'hampered':
    case 'replacing':
      return 'broken';
    case 'foreign':
    case 'cloning':
      return 'starting';
    case 'unfinished':
    case 'absent':
      return found.containers.length > 0 && found.containers.every(({ state }) => state === 'running')
        ? 'starting'
        : 'broken';
    default:
      return situation;
  }
}

/** Whether a verb means this rig when it is told `--all`. */
export function isMeantByAll(verb: Verb, found: FoundRig): boolean {
  return MEANT_BY_ALL[verb]?.includes(situationOf(found)) === true;
}

/**
 * What a verb does with a rig.
 * @throws GocliError NOT_READY, CONFLICT, NOT_FOUND naming the verb that does work
 */
export function decide(verb: Verb, name: string, found: FoundRig | undefined): Act {
  const situation = situationOf(found);
  const act = LIFE[verb][situation];
  if (act !== undefined) return act;
  throw refusal(situation, verb, name, found?.state, startedBy(found));
}

/** Whether somebody stopped a rig, which so is kept. */
export function isPutAway({ state }: Pick<FoundRig, 'state'>): boolean {
  return state?.stopped === true;
}

/** Whether all of a rig is there, and its machines run or stand still as they should. */
export function isAwakeOrPaused(found: FoundRig): boolean {
  return ['running', 'paused'].includes(situationOf(found));
}

/** Who started a rig, by its label. */
export function startedBy(found: FoundRig | undefined): string | undefined {
  return found?.containers.map(({ labels }) => labels[LABEL.user]).find((user) => user !== undefined);
}

/**
 * Whether its machines can be booted from their disks once none of them runs: its record lies beside those, from the
 * moment that it was first Ready.
 */
export function hasDisks({ state }: Pick<FoundRig, 'state'>): boolean {
  return state?.revision !== undefined;
}

/** Those of its machines that run, whatever their guests do. */
export function runningMachines({ containers }: Pick<FoundRig, 'containers'>): ContainerInfo[] {
  return containers.filter((one) => isMachine(one) && one.state === 'running');
}

/** Whether network, registry and at least one machine run. */
function isWhole({ containers }: FoundRig): boolean {
  const roles = containers.map(({ labels }) => labels[LABEL.role]);
  const whole = PARTS.every((role) => roles.includes(role));
  return whole && containers.every(({ state }) => state === 'running');
}

/** Whether all machines run, but not all that belongs beside them: nothing of the rig is lost then. */
export function onlyMachinesRun(found: FoundRig): boolean {
  return !isWhole(found) && runningMachines(found).length === found.state?.plan.guest.nodes;
}

/** Whether a rig was once seen Ready by the start of this run. */
export function wasReady(state: RigState | undefined): state is RigState & { readyAt: string } {
  return state?.readyAt !== undefined;
}

/**
 * A rig as its containers, its record and its saved states say together.
 * @param file what the record, or the state folder, says
 */
export function rigOf(
  { id, name }: Identity,
  containers: readonly ContainerInfo[],
  file: RigState | undefined,
  saves: readonly Snapshot[],
): FoundRig {
  const saved = saves.at(-1);
  if (saved === undefined || isUsedUp(saved, containers, file)) return { id, name, containers, state: file };
  return { id, name, containers, state: { ...saved.record.state, stopped: true }, saved };
}

/**
 * Whether machines went on from a saved state, so that it is older than they are. Those that were saved do not run any
 * more, even if their containers do; those of a later start count from the moment they were seen Ready. Without a record
 * nobody can tell that, and what runs is left alone.
 */
function isUsedUp(
  { record }: Snapshot,
  containers: readonly ContainerInfo[],
  file: RigState | undefined,
): boolean {
  if (file?.stopped === true) return false;
  const later = containers.filter((one) => isMachine(one) && one.labels[LABEL.run] !== record.state.run);
  if (file === undefined) return later.some(({ state }) => state === 'running');
  // The record goes with the machines that were saved, so this is that of others.
  if (file.revision !== undefined && file.readyAt !== undefined && file.run !== record.state.run) return true;
  return file.readyAt !== undefined && later.some(({ labels }) => labels[LABEL.run] === file.run);
}

/** Whether a rig is there at all: a state folder that is a copy of a record outlives a rig that somebody else removed. */
export function isThere({ state, saved }: FoundRig, any: boolean): boolean {
  if (any || saved !== undefined) return true;
  return state !== undefined && state.revision === undefined;
}
