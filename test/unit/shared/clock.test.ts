import test from 'ava';
import { abortReason, systemClock } from '../../../gocli-ts/src/shared/clock.ts';

test('a sleep ends after its time', async (t) => {
  const start = systemClock.monotonic();
  await systemClock.sleep(20, new AbortController().signal);
  t.true(systemClock.monotonic() - start >= 15);
});

test('a sleep rejects with the reason of the signal, before and during it', async (t) => {
  const reason = new Error('stop');
  await t.throwsAsync(systemClock.sleep(60_000, AbortSignal.abort(reason)), { is: reason });
  const stop = new AbortController();
  const sleeping = systemClock.sleep(60_000, stop.signal);
  stop.abort(reason);
  await t.throwsAsync(sleeping, { is: reason });
});

test('a reason that is no error becomes one', (t) => {
  t.true(abortReason(AbortSignal.abort('text')) instanceof Error);
  t.true(abortReason(undefined) instanceof Error);
});
