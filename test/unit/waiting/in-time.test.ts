import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { attempt } from '../../../gocli-ts/src/waiting/attempt.ts';
import { inTime } from '../../../gocli-ts/src/waiting/in-time.ts';

const MS = 20;
const never = (): AbortSignal => new AbortController().signal;

/** Never done; ends as the libraries do that hear of a signal: each with an error of its own. */
const ENDINGS: readonly [string, (signal: AbortSignal) => Promise<never>][] = [
  ['an AbortError of Node', (signal) => delay(60_000, undefined as never, { signal })],
  [
    "the signal's reason",
    (signal) => delay(60_000, undefined as never, { signal }).catch(() => thrown(signal)),
  ],
  [
    'any error',
    (signal) => delay(60_000, undefined as never, { signal }).catch(() => Promise.reject(new Error('x'))),
  ],
];

function thrown(signal: AbortSignal): never {
  signal.throwIfAborted();
  throw new Error('not aborted');
}

for (const [what, work] of ENDINGS) {
  test(`work that is not done in time is told by what it is, its limit and what was seen (${what})`, async (t) => {
    let seen = 'the first';
    const options = { signal: never(), timeoutMs: MS, seen: () => seen, hint: 'look again' };
    const waiting = inTime('the thing is there', options, (signal) => {
      seen = 'the last';
      return work(signal);
    });
    const error = await t.throwsAsync(waiting, { instanceOf: GocliError, code: 'TIMEOUT' });
    t.is(error.message, 'the thing is there: not within 0.0 s');
    t.like(error, { observed: 'last seen: the last', hint: 'look again', exitCode: 6 });
  });

  test(`what ends the work from outside is its failure, and no limit (${what})`, async (t) => {
    const reason = new GocliError('INTERRUPTED', 'Ctrl-C');
    for (const bounded of [
      (signal: AbortSignal) => inTime('x', { signal, timeoutMs: 60_000 }, work),
      (signal: AbortSignal) => attempt(signal, 60_000, work),
    ]) {
      const stop = new AbortController();
      const waiting = bounded(stop.signal);
      stop.abort(reason);
      await t.throwsAsync(waiting, { is: reason });
    }
  });

  test(`a limit around another is told as the outer one (${what})`, async (t) => {
    const waiting = inTime('outer', { signal: undefined, timeoutMs: MS }, (signal) =>
      inTime('inner', { signal, timeoutMs: 60_000 }, work),
    );
    await t.throwsAsync(waiting, { code: 'TIMEOUT', message: /^outer: / });
  });

  test(`an attempt whose time is over is none that failed (${what})`, async (t) => {
    t.deepEqual(await attempt(never(), MS, work), { done: false });
  });
}

test('what is done in time gives its value', async (t) => {
  t.is(await inTime('x', { signal: undefined, timeoutMs: 60_000 }, () => Promise.resolve(3)), 3);
  t.deepEqual(await attempt(never(), 60_000, () => Promise.resolve(3)), { done: true, value: 3 });
});

test('what fails by itself is told as it is', async (t) => {
  const failure = new Error('no');
  const work = (): Promise<never> => Promise.reject(failure);
  await t.throwsAsync(inTime('x', { signal: undefined, timeoutMs: 60_000 }, work), { is: failure });
  await t.throwsAsync(attempt(never(), 60_000, work), { is: failure });
});
