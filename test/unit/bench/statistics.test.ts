import test from 'ava';
import fc from 'fast-check';
import {
  estimateRatio,
  FEWEST_PAIRS,
  halfWidth,
  isEnough,
  rankCutoff,
} from '../../bench/compare/statistics.ts';

const ratio = fc.double({ min: 0.2, max: 5, noNaN: true });
const ratios = fc.array(ratio, { minLength: FEWEST_PAIRS, maxLength: 40 });

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

function estimated(values: readonly number[]): { ratio: number; low: number; high: number } {
  const estimate = estimateRatio(values);
  if (estimate === undefined) throw new Error('no estimate');
  return estimate;
}

/** Uniform numbers from 0 to 1, the same in every run (mulberry32, public domain). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('the interval begins where the tables of the signed-rank test say', (t) => {
  // Critical values of Wilcoxon's test, 5 % on two sides (Hollander, Wolfe, Chicken, table A.4): one less than the rank.
  const table = { 6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 12: 13, 15: 25, 20: 52, 25: 89, 30: 137, 40: 264, 50: 434 };
  for (const [pairs, critical] of Object.entries(table)) t.is(rankCutoff(Number(pairs)) - 1, critical, pairs);
  for (const few of [0, 1, 5]) t.is(rankCutoff(few), 0);
});

test('an example by hand: six pairs have the interval from the least to the greatest of them', (t) => {
  const { ratio: middle, low, high } = estimated([0.8, 0.9, 1, 1, 1 / 0.9, 1 / 0.8]);
  t.true(near(middle, 1));
  t.true(near(low, 0.8));
  t.true(near(high, 1.25));
});

test('there is no estimate of fewer than six pairs', (t) => {
  t.is(estimateRatio([]), undefined);
  t.is(estimateRatio([1, 1, 1, 1, 1]), undefined);
});

test('the ratio lies in the interval, and both between the least and the greatest pair', (t) => {
  fc.assert(
    fc.property(ratios, (values) => {
      const { ratio: middle, low, high } = estimated(values);
      const [least, greatest] = [Math.min(...values), Math.max(...values)];
      return low <= middle && middle <= high && low >= least * (1 - 1e-9) && high <= greatest * (1 + 1e-9);
    }),
  );
  t.pass();
});

test('the order of the pairs does not count', (t) => {
  fc.assert(
    fc.property(ratios, (values) => {
      const [one, other] = [estimated(values), estimated([...values].reverse())];
      return near(one.ratio, other.ratio) && near(one.low, other.low) && near(one.high, other.high);
    }),
  );
  t.pass();
});

test('the two sides may change places', (t) => {
  fc.assert(
    fc.property(ratios, (values) => {
      const [one, swapped] = [estimated(values), estimated(values.map((value) => 1 / value))];
      return (
        near(one.ratio, 1 / swapped.ratio) &&
        near(one.low, 1 / swapped.high) &&
        near(one.high, 1 / swapped.low)
      );
    }),
  );
  t.pass();
});

test('a side that is slower by a factor has a ratio that is greater by it', (t) => {
  fc.assert(
    fc.property(ratios, ratio, (values, factor) => {
      const [one, slower] = [estimated(values), estimated(values.map((value) => value * factor))];
      return (
        near(one.ratio * factor, slower.ratio) &&
        near(one.low * factor, slower.low) &&
        near(one.high * factor, slower.high)
      );
    }),
  );
  t.pass();
});

test('stragglers hardly count', (t) => {
  const quiet = Array.from({ length: 20 }, (_, at) => 1 + (at - 9.5) / 1000);
  const before = estimated(quiet);
  const after = estimated([...quiet.slice(2), 40, 100]);
  t.true(Math.abs(after.ratio - before.ratio) < 0.005);
  t.true(halfWidth(after) < 0.015);
});

test('the interval holds the true ratio about as often as it says, although measuring ends when it is narrow', (t) => {
  const random = generator(1);
  const rule = { discarded: 0, least: 20, most: 80, halfWidth: 0.015 };
  const times = 100;
  let held = 0;
  for (let left = times; left > 0; left -= 1) {
    const values: number[] = [];
    // Two runs of equal programs: something like 3 % of noise, and now and then a straggler.
    const seconds = (): number => 1 + 0.1 * random() + (random() < 0.1 ? random() : 0);
    while (!isEnough(values, rule)) values.push(seconds() / seconds());
    const { low, high } = estimated(values);
    if (low <= 1 && high >= 1) held += 1;
  }
  t.true(held / times >= 0.9, `${held} of ${times}`);
});

test('measuring ends when the interval is narrow, not before the least and not after the most', (t) => {
  const rule = { discarded: 1, least: 20, most: 80, halfWidth: 0.015 };
  const equal = (count: number): number[] => Array.from({ length: count }, () => 1);
  t.false(isEnough(equal(19), rule));
  t.true(isEnough(equal(20), rule));
  const wild = (count: number): number[] => Array.from({ length: count }, (_, at) => 1 + (at % 20) / 20);
  t.false(isEnough(wild(79), rule));
  t.true(isEnough(wild(80), rule));
});
