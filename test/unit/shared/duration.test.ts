import test from 'ava';
import fc from 'fast-check';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { formatDuration, parseDuration } from '../../../gocli-ts/src/shared/duration.ts';

test('a duration is written as people write one', (t) => {
  t.is(parseDuration('90s', '--ttl'), 90_000);
  t.is(parseDuration(' 2H ', '--ttl'), 7_200_000);
  t.is(parseDuration('1h30m', '--ttl'), 5_400_000);
  t.is(parseDuration('7d', '--ttl'), 7 * 86_400_000);
  t.is(parseDuration('1d1h1m1s', '--ttl'), 90_061_000);
});

test('what is none is refused, and says why', (t) => {
  for (const [text, message] of [
    ['', '--ttl: "" is not a duration'],
    ['soon', '--ttl: "soon" is not a duration'],
    ['30m2h', '--ttl: "30m2h" is not a duration'],
    ['1.5h', '--ttl: "1.5h" is not a duration'],
    ['-2h', '--ttl: "-2h" is not a duration'],
    ['120', '--ttl: "120" has no unit'],
    ['0s', '--ttl: "0s" is out of range'],
    ['366d', '--ttl: "366d" is out of range'],
  ] as const)
    t.throws(() => parseDuration(text, '--ttl'), { code: 'BAD_VALUE', message }, text);
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        t.true(parseDuration(text, 'x') >= 1000);
      } catch (error) {
        t.true(error instanceof GocliError);
      }
    }),
  );
});

test('what is written is what is read', (t) => {
  t.is(formatDuration(0), '0s');
  t.is(formatDuration(-5), '0s');
  t.is(formatDuration(5_400_000), '1h30m');
  const seconds = fc.integer({ min: 1, max: 365 * 86_400 });
  fc.assert(
    fc.property(seconds, (count) => {
      t.is(parseDuration(formatDuration(count * 1000), 'x'), count * 1000);
    }),
  );
});
