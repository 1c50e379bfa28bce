import test from 'ava';
import fc from 'fast-check';
import { didYouMean, formatSeconds, lastLines, nearest } from '../../../gocli-ts/src/shared/text.ts';

test('the nearest known word is one that could have been meant', (t) => {
  t.is(nearest('k8s-1.63', ['k8s-1.36', 'vm-1']), 'k8s-1.36');
  t.is(nearest('RNU', ['run', 'rm']), 'run');
  t.is(nearest('something-else', ['run', 'rm']), undefined);
  t.is(nearest('run', []), undefined);
  t.is(didYouMean('stauts', ['status', 'ssh']), ' Did you mean "status"?');
  t.is(didYouMean('x-y-z-x', ['status']), '');
});

test('a known word is nearest to itself', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z0-9.-]{1,12}$/), { minLength: 1 }), (known) =>
      known.every((word) => nearest(word, known) === word),
    ),
  );
  t.pass();
});

test('the last lines leave empty ones out', (t) => {
  t.is(lastLines('a\n\nb\r\n  \nc\n', 2), 'b\nc');
  t.is(lastLines('', 3), '');
  t.is(lastLines('only', 3), 'only');
});

test('seconds for people, rounded before the form is chosen', (t) => {
  const forms = [
    [0, '0.0 s'],
    [0.34, '0.3 s'],
    [9.97, '10 s'],
    [41.4, '41 s'],
    [59.7, '1 min 00 s'],
    [185, '3 min 05 s'],
  ] as const;
  for (const [seconds, text] of forms) t.is(formatSeconds(seconds), text);
});
