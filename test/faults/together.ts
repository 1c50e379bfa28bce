import { outputOf, type CliResult } from '../helpers/cli.ts';
import type { Fault } from './fault.ts';
import { ended, proveWhole, RIG, runArguments, type Ground } from './ground.ts';

const PART = 'At once';
const NEW = 'crowd';

const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));

const all = (ground: Ground, words: readonly (readonly string[])[]): Promise<CliResult[]> =>
  Promise.all(words.map((argv) => ground.gocli(...argv)));

/** Exit codes of a refusal: what it asks for is not there, exists already, or is not as the verb needs it. */
const REFUSED = [0, 4, 5, 8];

const MIXED = ['rm', 'stop', 'start', 'pause', 'resume', 'status', 'stop', 'start'] as const;

export const TOGETHER_FAULTS: readonly Fault[] = [
  ...[2, 10].map((count): Fault => ({
    id: `together-same-${count}`,
    part: PART,
    broken: 'nothing',
    how: `${count} times \`run\` of one name, then ${count} times \`rm\``,
    sees: 'the others wait for the first one, and say for whom',
    exit: '0',
    left: 'one cluster; after `rm` nothing',
    ...(count === 2 ? { short: true as const } : {}),
    run: async (t, ground) => {
      for (const result of await all(
        ground,
        times(count, () => runArguments(NEW)),
      ))
        ended(t, 0, result);
      ended(t, 0, await ground.gocli('status', NEW));
      for (const result of await all(
        ground,
        times(count, () => ['rm', NEW]),
      ))
        ended(t, 0, result);
    },
  })),
  {
    id: 'together-names-10',
    part: PART,
    broken: 'nothing',
    how: 'ten times `run` of different names, then ten times `rm`',
    sees: 'nothing of each other',
    exit: '0',
    left: 'ten clusters; after `rm` nothing',
    run: async (t, ground) => {
      const names = times(10, (at) => `${NEW}${at}`);
      for (const result of await all(
        ground,
        names.map((name) => runArguments(name)),
      ))
        ended(t, 0, result);
      for (const name of names) ended(t, 0, await ground.gocli('status', name));
      for (const result of await all(
        ground,
        names.map((name) => ['rm', name]),
      ))
        ended(t, 0, result);
    },
  },
  {
    id: 'together-mixed',
    part: PART,
    broken: 'nothing',
    how: '`run`, `rm`, `stop`, `start`, `pause`, `resume` and `status` of one name, ten in all',
    sees: 'each goes through or says why it does not, as if they had come one after the other',
    exit: '0, 4, 5 or 8',
    left: 'a cluster that runs, is paused or stopped, or none; after `rm` nothing',
    run: async (t, ground) => {
      const words = [runArguments(NEW), ...MIXED.map((verb) => [verb, NEW]), runArguments(NEW)];
      for (const result of await all(ground, words)) {
        t.notRegex(result.stderr, /GOCLI-E900|^\s+at /m);
        t.true(REFUSED.includes(result.exitCode ?? -1), outputOf(result));
      }
      const { stdout } = await ground.gocli('ls');
      const state = new RegExp(`${NEW} .*(starting|halted|broken)`).exec(stdout)?.[1];
      t.is(state, undefined, stdout);
      ended(t, 0, await ground.gocli('rm', NEW));
    },
  },
  {
    id: 'together-stop',
    part: PART,
    broken: 'nothing',
    how: 'two times `stop` of a cluster that runs, then two times `start`',
    sees: 'one waits for the other, and then says that it is stopped, or is not',
    exit: '0; 8 and 5 of the other',
    left: 'the cluster as it was',
    run: async (t, ground) => {
      for (const [verb, code] of [
        ['stop', 8],
        ['start', 5],
      ] as const) {
        const codes = (
          await all(
            ground,
            times(2, () => [verb, RIG]),
          )
        ).map(({ exitCode }) => exitCode);
        t.deepEqual([...codes].sort(), [0, code]);
      }
      await proveWhole(t, ground);
    },
  },
];
