import test from 'ava';
import { collectPairs, type Pairs } from '../../bench/compare/pairs.ts';
import { orderOf, roundsOf, type Figure, type SideName } from '../../bench/compare/plan.ts';

test('activities that nobody asked for are left out, and cold starts have eight pairs', (t) => {
  t.deepEqual(
    roundsOf(['rm', 'thaw'], undefined).map(({ activity, figures }) => [activity, figures]),
    [['life', ['thaw', 'rm']]],
  );
  const [commands, life, cold] = roundsOf(['help', 'stop', 'cold'], undefined);
  t.like(commands, { activity: 'commands', rule: { discarded: 1, least: 20, most: 80, halfWidth: 0.015 } });
  t.like(life, { activity: 'life', rule: { least: 20, most: 80 } });
  t.like(cold, { activity: 'cold', rule: { discarded: 1, least: 8, most: 8 } });
  t.deepEqual(roundsOf([], undefined), []);
});

test('a number of pairs stands for the rule', (t) => {
  for (const { rule } of roundsOf(['help', 'cold'], 7)) t.like(rule, { discarded: 1, least: 7, most: 7 });
});

test('the sides begin in turn', (t) => {
  t.deepEqual([0, 1, 2].map(orderOf), [
    ['this', 'other'],
    ['other', 'this'],
    ['this', 'other'],
  ]);
});

test('pairs are interleaved, the first does not count, and what has enough is not measured any more', async (t) => {
  const [round] = roundsOf(['help', 'ls'], undefined);
  if (round === undefined) throw new Error('no round');
  const done: [SideName, readonly Figure[]][] = [];
  const numbers: number[] = [];
  const pairs: Pairs = new Map();
  await collectPairs(
    round,
    pairs,
    (side, wanted) => {
      done.push([side, wanted]);
      const first = done.length <= 2;
      // "help" is steady, and this side takes twice as long; "ls" is never narrow.
      const ls = 1 + (done.length % 20) / 20;
      return Promise.resolve({ help: first ? 99 : side === 'this' ? 2 : 1, ls: side === 'this' ? ls : 1 });
    },
    (number) => numbers.push(number),
  );
  t.deepEqual(
    pairs.get('help'),
    Array(20).fill({ this: 2, other: 1 }),
    'the cold first pair is not among them',
  );
  t.is(pairs.get('ls')?.length, 80);
  t.deepEqual(
    done.slice(0, 4).map(([side]) => side),
    ['this', 'other', 'other', 'this'],
  );
  t.deepEqual(done.at(2 * 21 - 1)?.[1], ['help', 'ls']);
  t.deepEqual(done.at(2 * 21)?.[1], ['ls']);
  t.is(done.length, 2 * 81);
  t.deepEqual([numbers[0], numbers[1], numbers.at(-1)], [0, 1, 80]);
});

test('what was measured before a failure is kept', async (t) => {
  const [round] = roundsOf(['thaw'], undefined);
  if (round === undefined) throw new Error('no round');
  const pairs: Pairs = new Map();
  let left = 7;
  const perform = () => {
    left -= 1;
    return left === 0 ? Promise.reject(new Error('interrupted')) : Promise.resolve({ thaw: 1 });
  };
  await t.throwsAsync(
    collectPairs(round, pairs, perform, () => undefined),
    { message: 'interrupted' },
  );
  t.is(pairs.get('thaw')?.length, 2, 'whole pairs, without the first');
});
