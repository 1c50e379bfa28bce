import { readFile } from 'node:fs/promises';
import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import type { ContainerInfo } from '../../../gocli-ts/src/place/interface.ts';
import {
  decide,
  isMeantByAll,
  phaseOf,
  situationOf,
  type FoundRig,
  type Situation,
  type Verb,
} from '../../../gocli-ts/src/rig/life.ts';
import type { RigState } from '../../../gocli-ts/src/rig/state.ts';
import { stateOf } from '../../helpers/engine.ts';

const READY = { readyAt: '2030-01-01T00:00:00.000Z', revision: '1' } as const;

function containers(states: readonly ContainerInfo['state'][]): ContainerInfo[] {
  const roles = [
    { [LABEL.role]: 'dnsmasq' },
    { [LABEL.role]: 'registry' },
    { [LABEL.role]: 'node', [LABEL.node]: 'node01' },
  ];
  return states.map((state, at) => ({
    id: `id${at}`,
    name: `c-${at}`,
    image: 'image',
    imageId: 'image',
    labels: { [LABEL.cluster]: 'c', [LABEL.run]: '0123abcd', ...roles[at] },
    state,
    exitCode: 0,
    created: '2030-01-01T00:00:00.000Z',
    ports: [],
  }));
}

const UP = ['running', 'running', 'running'] as const;

function rig(
  states: readonly ContainerInfo['state'][],
  changed: Partial<RigState> | undefined,
  isSaved = false,
): FoundRig {
  const state = changed === undefined ? undefined : stateOf(changed);
  // That of the helper is Ready.
  if (changed?.readyAt === undefined) delete state?.readyAt;
  const saved = {
    name: '.stopped',
    cluster: 'c',
    rig: 'c',
    keeper: 'k',
    record: {},
  } as unknown as NonNullable<FoundRig['saved']>;
  return { id: 'c', name: 'c', containers: containers(states), state, ...(isSaved ? { saved } : {}) };
}

/** Of a pool by its name, whatever it is doing. */
const MEMBER = { id: 'pool-0123456789ab-c0ffee', name: 'pool-0123456789ab-c0ffee' };

/** A rig in each situation; several where it has several faces. */
const RIGS: Readonly<Record<Situation, readonly (FoundRig | undefined)[]>> = {
  absent: [undefined],
  starting: [
    rig(UP, {}),
    rig(UP, { ...READY, run: 'another' }),
    rig(['running', 'running'], { readyAt: READY.readyAt }),
  ],
  // The fourth only holds a volume, and never runs.
  running: [rig(UP, READY), rig(UP, { readyAt: READY.readyAt }), rig([...UP, 'created'], READY)],
  paused: [rig(UP, { ...READY, paused: true })],
  stopped: [rig([], { stopped: true }, true)],
  littered: [rig(UP, { stopped: true }, true), rig(['exited'], { stopped: true }, true)],
  lost: [rig([], { stopped: true })],
  halted: [rig([], READY), rig(['exited', 'exited', 'exited'], { ...READY, paused: true })],
  broken: [
    rig(['exited', 'running', 'running'], READY),
    rig([], { readyAt: READY.readyAt }),
    rig(['exited', 'running', 'running'], {}),
  ],
  hampered: [
    rig(['running', 'exited', 'running'], { ...READY, paused: true }),
    rig(['running', 'paused', 'running'], READY),
  ],
  replacing: [
    { ...rig(UP, { ...READY, paused: true }), aside: containers(UP).slice(2) },
    { ...rig(['exited', 'exited'], READY), aside: containers(UP).slice(2) },
  ],
  bootable: [rig(['running', 'running', 'exited'], READY), rig(['running', 'running'], READY)],
  cloning: [
    rig(UP, { template: 't', building: 't', revision: '1' }),
    rig(['running', 'running', 'running', 'created'], { template: 't', building: 't', revision: '1' }),
  ],
  foreign: [rig(UP, undefined)],
  unfinished: [
    rig(['running'], undefined),
    rig(['created', 'created', 'created'], undefined),
    rig(['created', 'created', 'created'], {}),
    rig(['running', 'running', 'exited'], {}),
    rig([], undefined),
  ],
  pooled: [
    { ...rig(UP, { ...READY, paused: true, pooled: '0123456789ab' }), ...MEMBER },
    { ...rig(UP, {}), ...MEMBER },
    { ...rig([], READY), ...MEMBER },
  ],
};

/** What every verb does in every situation; a word in capitals is the code of a refusal. */
const TABLE: Readonly<Record<Situation, Readonly<Record<Verb, string>>>> = {
  absent: row('launch NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND'),
  starting: row('look CONFLICT save hold CONFLICT NOT_READY use use'),
  running: row('look CONFLICT save hold CONFLICT rename use use'),
  paused: row('NOT_READY NOT_READY NOT_READY NOT_READY release rename NOT_READY NOT_READY'),
  stopped: row('NOT_READY thaw NOT_READY NOT_READY NOT_READY rename NOT_READY NOT_READY'),
  littered: row('NOT_READY thaw clear NOT_READY NOT_READY NOT_READY NOT_READY NOT_READY'),
  lost: row('NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND'),
  halted: row('boot boot NOT_READY NOT_READY NOT_READY rename NOT_READY NOT_READY'),
  broken: row('look CONFLICT save hold release rename use use'),
  hampered: row('NOT_READY NOT_READY NOT_READY NOT_READY release rename NOT_READY NOT_READY'),
  replacing: row('NOT_READY NOT_READY NOT_READY NOT_READY release NOT_READY NOT_READY NOT_READY'),
  bootable: row('look boot NOT_READY NOT_READY NOT_READY rename use use'),
  cloning: row('look boot save hold CONFLICT NOT_READY use use'),
  foreign: row('look NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND use'),
  unfinished: row('look NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND use'),
  pooled: row('NOT_READY NOT_READY NOT_READY NOT_READY NOT_READY NOT_READY NOT_READY NOT_READY'),
};

/** @param outcomes in the order of the verbs */
function row(outcomes: string): Record<Verb, string> {
  const [run = '', start = '', stop = '', pause = '', resume = '', rename = '', use = '', logs = ''] =
    outcomes.split(' ');
  return { run, start, stop, pause, resume, rename, use, logs };
}

function each(work: (situation: Situation, found: FoundRig | undefined) => void): void {
  for (const situation of Object.keys(RIGS) as Situation[])
    for (const found of RIGS[situation]) work(situation, found);
}

function outcome(verb: Verb, found: FoundRig | undefined): string | GocliError {
  try {
    return decide(verb, 'c', found);
  } catch (error) {
    if (error instanceof GocliError) return error;
    throw error;
  }
}

test('what a rig is doing is told from its containers, its record and what it was saved as', (t) => {
  each((situation, found) => {
    t.is(situationOf(found), situation);
  });
});

test('every verb in every situation', (t) => {
  each((situation, found) => {
    for (const [verb, expected] of Object.entries(TABLE[situation]) as [Verb, string][]) {
      const seen = outcome(verb, found);
      t.is(typeof seen === 'string' ? seen : seen.code, expected, `${verb} of one that is ${situation}`);
    }
  });
});

test('a refusal names a verb that works then, and rm of nothing that is healthy', (t) => {
  const healthy: readonly Situation[] = [
    'starting',
    'running',
    'paused',
    'stopped',
    'littered',
    'halted',
    'bootable',
    'cloning',
    'foreign',
    'pooled',
  ];
  each((situation, found) => {
    for (const verb of Object.keys(TABLE[situation]) as Verb[]) {
      const seen = outcome(verb, found);
      if (typeof seen === 'string') continue;
      const hint = seen.hint ?? '';
      const named = [...hint.matchAll(/gocli (\w+)/g)].map(([, word]) => word ?? '');
      t.true(named.length > 0 || situation === 'foreign', `${verb}, ${situation}: ${hint}`);
      if (healthy.includes(situation)) t.false(named.includes('rm'), `${verb}, ${situation}`);
      const [first = 'ls'] = named;
      if (['ls', 'status', 'rm', 'pool'].includes(first)) continue;
      t.is(typeof outcome(first as Verb, found), 'string', `${verb} of ${situation} says ${first}`);
    }
  });
});

test('people see seven phases', (t) => {
  const seen = new Set<string>();
  each((_situation, found) => {
    if (found !== undefined) seen.add(phaseOf(found));
  });
  t.deepEqual([...seen].sort(), ['broken', 'halted', 'paused', 'pooled', 'running', 'starting', 'stopped']);
});

test('--all means those that a verb is for, not all that could bear it', (t) => {
  const meant: Record<string, Situation[]> = { start: [], stop: [], pause: [], resume: [] };
  for (const verb of Object.keys(meant) as Verb[])
    each((situation, found) => {
      if (found !== undefined && isMeantByAll(verb, found) && meant[verb]?.includes(situation) === false)
        meant[verb].push(situation);
    });
  t.deepEqual(meant, {
    start: ['stopped', 'littered', 'halted'],
    stop: ['running'],
    pause: ['running'],
    resume: ['paused'],
  });
});

test('the page on states names the verbs that work in each', async (t) => {
  const page = await readFile(new URL('../../../../docs/states.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| ([a-z]+) \|.*\| ([a-z ]+) \|$/gm)].map(([, phase, verbs]) => [
    phase,
    verbs,
  ]);
  const phases: readonly Situation[] = ['starting', 'running', 'paused', 'stopped', 'halted', 'broken'];
  const expected = phases.map((phase) => {
    const [found] = RIGS[phase];
    const verbs = Object.keys(TABLE[phase]) as Verb[];
    return [phase, verbs.filter((verb) => typeof outcome(verb, found) === 'string').join(' ')];
  });
  t.deepEqual(rows, expected);
});
