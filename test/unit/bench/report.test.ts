import test from 'ava';
import type { Pair } from '../../bench/compare/pairs.ts';
import { roundsOf } from '../../bench/compare/plan.ts';
import {
  compared,
  failures,
  progressLine,
  renderComparison,
  templateSentence,
  type SideFacts,
} from '../../bench/compare/report.ts';

/** Pairs whose ratios lie evenly from `low` to `high`. */
function between(low: number, high: number, count = 20): Pair[] {
  return Array.from({ length: count }, (_, at) => ({
    this: 2 * (low + ((high - low) * at) / (count - 1)),
    other: 2,
  }));
}

test('a figure fails only when the whole interval is above the limit', (t) => {
  const pairs = new Map([
    ['help' as const, between(0.98, 1.02)],
    ['ls' as const, between(1.01, 1.05)],
    ['thaw' as const, between(1.1, 1.12)],
    ['stop' as const, between(1.1, 1.12, 5)],
  ]);
  const figures = compared(pairs, 1.03);
  t.deepEqual(
    figures.map(({ figure, verdict }) => [figure, verdict]),
    [
      ['help', 'not slower'],
      ['ls', 'undecided'],
      ['thaw', 'slower'],
    ],
  );
  t.deepEqual(failures(figures, 1.03).length, 1);
  t.regex(failures(figures, 1.03)[0] ?? '', /^thaw is slower .*1\.110 times as long .*1\.03 is allowed/);
  t.deepEqual(failures(compared(pairs, 1.2), 1.2), []);
});

test('the table has medians, ratio, interval and verdict', (t) => {
  const figures = compared(new Map([['thaw' as const, between(1.1, 1.12)]]), 1.03);
  const [head = '', row = ''] = renderComparison(figures, 1.03).split('\n');
  t.regex(head, /FIGURE\s+THIS\s+OTHER\s+RATIO\s+95 % INTERVAL\s+±\s+PAIRS\s+AT MOST 1\.03\?/);
  t.regex(row, /thaw\s+2\.220 s\s+2\.000 s\s+1\.110\s+1\.10\d to 1\.11\d\s+0\.00\d\s+20\s+slower/);
});

test('whether the sides share a template is said, with the reason', (t) => {
  const side = (imageId: string, template: string | null): SideFacts => ({
    checkout: '/x',
    commit: null,
    image: 'gocli/p:latest',
    imageId,
    template,
  });
  t.regex(
    templateSentence({ this: side('1', 'a'), other: side('1', 'a') }) ?? '',
    /Both sides thaw template a/,
  );
  t.regex(
    templateSentence({ this: side('1', 'a'), other: side('1', 'b') }) ?? '',
    /own.*image is the same, but/,
  );
  t.regex(templateSentence({ this: side('1', 'a'), other: side('2', 'b') }) ?? '', /own.*images differ/);
  t.is(templateSentence({ this: side('1', null), other: side('1', null) }), undefined);
});

test('progress names the pair, and the ratios so far', (t) => {
  const [commands, cold] = roundsOf(['help', 'cold'], undefined);
  if (commands === undefined || cold === undefined) throw new Error('no round');
  t.is(progressLine(commands, 0, ['help'], new Map()), 'commands: a pair that does not count (help)');
  t.is(progressLine(cold, 3, ['cold'], new Map()), 'cold: pair 3 of 8 (cold)');
  const pairs = new Map([['help' as const, between(1, 1)]]);
  t.is(progressLine(commands, 21, ['help'], pairs), 'commands: pair 21 of 20 to 80 (help 1.000 ±0.000)');
});
