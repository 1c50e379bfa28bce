import test from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { timeout } from '../../../../gocli-ts/src/rig/options/timeout.ts';

test('a limit is in seconds, or has units', (t) => {
  for (const [written, ms] of [
    [90, 90_000],
    ['90', 90_000],
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
  ] as const) {
    t.is(timeout.read(written, '--timeout'), ms, String(written));
  }
});

test('what is no limit is refused as what it is', (t) => {
  for (const written of [
    0,
    -1,
    1.5,
    NaN,
    '',
    '-5',
    '0s',
    '1.5m',
    'long',
    '10 m',
    '12d',
    '400d',
    '1000001',
    '99999999',
  ]) {
    const error = t.throws(() => timeout.read(written, '--timeout'), undefined, String(written));
    t.true(isCode(error, 'BAD_VALUE') && error.message.startsWith('--timeout: '), String(error));
  }
});
