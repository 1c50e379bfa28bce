import test from 'ava';
import { namedBy } from '../../faults/repeat.ts';
import { momentsOf } from '../../faults/signals.ts';

const MARKS = [
  { type: 'step-start', id: 'a', ms: 100 },
  { type: 'step-end', id: 'a', ms: 300 },
  { type: 'step-start', id: 'b', ms: 310 },
  { type: 'step-end', id: 'b', ms: 510 },
] as const;

test('a signal comes at each event, and between two that are far enough from each other', (t) => {
  t.deepEqual(momentsOf({ marks: MARKS, ms: 520 }, 'all'), [
    { ms: 90 },
    { mark: 1 },
    { mark: 1, ms: 100 },
    { mark: 2 },
    { mark: 3 },
    { mark: 3, ms: 100 },
    { mark: 4 },
  ]);
});

test('in the short form one comes in the middle of each step', (t) => {
  t.deepEqual(momentsOf({ marks: MARKS, ms: 520 }, 'short'), [
    { mark: 1, ms: 100 },
    { mark: 3, ms: 100 },
  ]);
});

test('of a verb that tells of no step, it comes after parts of its time', (t) => {
  t.deepEqual(
    momentsOf({ marks: [], ms: 1000 }, 'short').map(({ ms }) => ms),
    [500, 700, 900],
  );
});

test('what an error names is typed: all of it, but of two ways the first', (t) => {
  const hint = (text: string): string[][] => namedBy({ stderr: `Error: no\n  What to do: ${text}\n` });
  t.deepEqual(hint('Type: gocli start --name c'), [['start', '--name', 'c']]);
  t.deepEqual(hint('If it was killed: gocli stop --name c, then gocli start --name c'), [
    ['stop', '--name', 'c'],
    ['start', '--name', 'c'],
  ]);
  t.deepEqual(hint('Replace it: gocli snapshot restore --name c s, or gocli rm --name c'), [
    ['snapshot', 'restore', '--name', 'c', 's'],
  ]);
  t.deepEqual(hint('Remove it first (gocli rm --name c), or start another one beside it with --name'), [
    ['rm', '--name', 'c'],
  ]);
  t.deepEqual(hint('Look elsewhere.'), []);
});
