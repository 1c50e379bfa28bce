import { GocliError } from '../errors/error.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { gocliCommand } from '../shared/command.ts';
import type { Situation, Verb } from './life.ts';
import type { RigState } from './state.ts';

interface Refusal {
  readonly code: ErrorCode;
  readonly says: string;
  readonly observed?: string;
  readonly hint: string;
}

/** Why a verb does not work on a rig as it is, and which does. */
export function refusal(
  situation: Situation,
  verb: Verb,
  name: string,
  state: RigState | undefined,
  startedBy?: string,
): GocliError {
  const { code, says, ...more } = words(situation, verb, name, state, startedBy);
  return new GocliError(code, `cluster "${name}" ${says}`, more);
}

function words(
  situation: Situation,
  verb: Verb,
  name: string,
  state: RigState | undefined,
  startedBy: string | undefined,
): Refusal {
  const start = gocliCommand('start', name);
  switch (situation) {
    case 'absent':
      return { code: 'NOT_FOUND', says: 'does not exist', hint: 'Type: gocli ls' };
    case 'starting':
    case 'running':
    case 'cloning':
    case 'broken': {
      if (verb === 'rename') return notYetRenamed(situation, name);
      const says = verb === 'resume' ? 'is not paused' : 'is not stopped';
      const look = `Look at it: ${gocliCommand('status', name)}`;
      return { code: 'CONFLICT', says, observed: OBSERVED[situation], hint: look };
    }
    case 'paused':
    case 'hampered':
      return { code: 'NOT_READY', says: 'is paused', hint: `Type: ${gocliCommand('resume', name)}` };
    case 'replacing': {
      const says = 'stands still: a restore of it was not finished';
      const hint = `What ran before goes on with: ${gocliCommand('resume', name)}`;
      return { code: 'NOT_READY', says, hint };
    }
    case 'stopped':
    case 'littered':
      if (verb === 'rename') {
        const hint = `Remove them: ${gocliCommand('stop', name)}. Or go on with it: ${start}`;
        return { code: 'NOT_READY', says: 'is stopped, but containers of it are left', hint };
      }
      return { code: 'NOT_READY', says: 'is stopped', hint: `Type: ${start}` };
    case 'pooled': {
      const hint = 'What stands ready: gocli pool ls. A cluster of your own, perhaps this one: gocli run';
      return { code: 'NOT_READY', says: 'stands ready in the pool, or is made for it', hint };
    }
    case 'lost': {
      const run = gocliCommand('run', name, state?.plan.guest.provider ?? '');
      const hint = `Start it anew: ${gocliCommand('rm', name)}, then ${run}`;
      const says = 'is stopped, and what it was saved as is gone';
      return { code: 'NOT_FOUND', says, observed: OBSERVED.lost, hint };
    }
    case 'halted':
    case 'bootable': {
      const hint = `Boot its machines from their disks: ${start}`;
      return { code: 'NOT_READY', says: 'does not run', observed: OBSERVED[situation], hint };
    }
    case 'foreign':
      return { code: 'NOT_FOUND', says: 'runs, but its keys are not here', hint: elsewhere(startedBy) };
    case 'unfinished': {
      const hint = `When nothing is starting it, remove what is left of it: ${gocliCommand('rm', name)}`;
      return { code: 'NOT_FOUND', says: 'was not started completely', hint };
    }
  }
}

/** Of one whose name nothing keeps yet. */
function notYetRenamed(situation: 'starting' | 'running' | 'cloning' | 'broken', name: string): Refusal {
  const start = gocliCommand('start', name);
  const [says, way] =
    situation === 'cloning'
      ? ['did not go on as a clone of its template yet', `boot it from its disks first: ${start}`]
      : [
          'has nothing yet that keeps its name',
          `save it and bring it back first: ${gocliCommand('stop', name)}, then ${start}`,
        ];
  const hint = `When nothing is starting it, ${way}`;
  return { code: 'NOT_READY', says, observed: OBSERVED[situation], hint };
}

const OBSERVED = {
  starting: 'it is being started, or was not seen Ready before its start was killed',
  running: 'it runs',
  broken: 'not all of it runs',
  cloning: 'it becomes a clone of its template, or was about to when a command was killed',
  lost: 'its volume was removed (docker volume rm and docker system prune --volumes do that)',
  halted:
    'its machines ended with their containers: the host or Docker was started anew, somebody stopped them, or a start or restore was killed',
  bootable: 'its machines ended',
} as const;

/**
 * What to do with a rig that runs and of which nothing is known: the engine knows all of it once it was seen Ready.
 * @param startedBy as its label says, if it has one
 */
export function elsewhere(startedBy: string | undefined): string {
  const who = startedBy ?? 'another user or with another HOME (sudo?)';
  const from = startedBy === undefined ? 'there' : 'their HOME (sudo -iu USER)';
  return `It was started by ${who}, and can be used from ${from}; or its start is not over yet: then wait for it.`;
}
