import test from 'ava';
import fc from 'fast-check';
import { isComparison, parseCompareOptions } from '../../bench/compare/options.ts';
import { FIGURES } from '../../bench/compare/plan.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';

const parse = (...words: string[]) => parseCompareOptions(words, '/here');

test('all that must be said is the other checkout', (t) => {
  t.deepEqual(parse('--against=../base'), {
    against: '/base',
    tags: { this: 'latest', other: 'latest' },
    figures: ['help', 'ls', 'thaw', 'snapshot', 'stop', 'start', 'rm'],
    limit: 1.03,
    pairs: undefined,
    json: '/here/test/bench/results/compare.json',
  });
});

test('everything can be said', (t) => {
  const words = ['--against', '/o', '--image-tag=a', '--against-image-tag=b', '--figures=cold,thaw'];
  t.deepEqual(parse(...words, '--limit=1.1', '--pairs=8', '--json=/tmp/x.json'), {
    against: '/o',
    tags: { this: 'a', other: 'b' },
    figures: ['thaw', 'cold'],
    limit: 1.1,
    pairs: 8,
    json: '/tmp/x.json',
  });
});

test('what is wrong is said with what is accepted', (t) => {
  t.throws(() => parse('--limit=1'), { code: 'USAGE', message: /checkout to compare with is missing/ });
  t.throws(() => parse('--against=x', '--figure=ls'), { code: 'USAGE', message: /--figure/ });
  t.throws(() => parse('--against=x', 'thaw'), { code: 'USAGE' });
  const bad = { code: 'BAD_VALUE' } as const;
  t.throws(() => parse('--against=x', '--figures=thow'), { ...bad, message: /"thow".*Did you mean "thaw"/ });
  t.throws(() => parse('--against=x', '--figures='), { ...bad, message: /--figures/ });
  for (const limit of ['0', '-1', 'x', '', '1e3', 'Infinity', '1.'])
    t.throws(() => parse('--against=x', `--limit=${limit}`), { ...bad, message: /--limit/ }, limit);
  for (const pairs of ['5', '0', '8.5', 'many'])
    t.throws(() => parse('--against=x', `--pairs=${pairs}`), { ...bad, message: /--pairs/ }, pairs);
  for (const tag of ['', ':latest', 'a b'])
    t.throws(() => parse('--against=x', `--image-tag=${tag}`), { ...bad, message: /--image-tag/ }, tag);
});

test('any words give options that make sense, or an error for people', (t) => {
  const flag = fc.constantFrom('against', 'image-tag', 'figures', 'limit', 'pairs', 'json', 'other');
  const word = fc.oneof(
    fc.string(),
    fc.tuple(flag, fc.string()).map(([name, value]) => `--${name}=${value}`),
  );
  fc.assert(
    fc.property(fc.array(word), (words) => {
      try {
        const { figures, limit, pairs = 6 } = parse(...words);
        return figures.length > 0 && figures.every((one) => FIGURES.includes(one)) && limit > 0 && pairs >= 6;
      } catch (error) {
        return error instanceof GocliError;
      }
    }),
  );
  t.pass();
});

test('a flag of the comparison asks for it, and those of the other benchmark do not', (t) => {
  for (const words of [['--against', 'x'], ['--figures=ls'], ['--starts=1', '--limit=2']])
    t.true(isComparison(words));
  for (const words of [[], ['--only=clusters'], ['--starts=3', 'against']]) t.false(isComparison(words));
});
