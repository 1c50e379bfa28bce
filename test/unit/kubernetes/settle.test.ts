import { createServer } from 'node:net';
import test from 'ava';
import { ApiClient } from '../../../gocli-ts/src/kubernetes/api.ts';
import { settled } from '../../../gocli-ts/src/kubernetes/settle.ts';
import type { Clock } from '../../../gocli-ts/src/shared/clock.ts';
import { FakeApiServer } from '../../helpers/api-server.ts';

/** A clock that sleeps by moving on. */
function leapingClock(): Clock & { elapsed(): number } {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    elapsed: () => now,
  };
}

const never = new AbortController().signal;
const pods = (version: number) => ({ items: [{ metadata: { uid: 'a', resourceVersion: String(version) } }] });

test('a cluster is quiet when no pod has changed for ten seconds', async (t) => {
  let looks = 0;
  await using server = await FakeApiServer.start(() => {
    looks += 1;
    return [200, pods(Math.min(looks, 4))];
  });
  using api = new ApiClient(server.access);
  const clock = leapingClock();
  t.true(await settled(api, clock, never));
  t.is(clock.elapsed(), 13_000);
});

test('one that never becomes quiet is taken as it is after thirty seconds', async (t) => {
  let looks = 0;
  await using server = await FakeApiServer.start(() => {
    looks += 1;
    return [200, pods(looks)];
  });
  using api = new ApiClient(server.access);
  const clock = leapingClock();
  t.false(await settled(api, clock, never));
  t.is(clock.elapsed(), 30_000);
});

test('an API server that does not answer any more is not waited for', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  t.teardown(() => silent.close());
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await using server = await FakeApiServer.start(() => [200, pods(1)]);
  using api = new ApiClient({ ...server.access, server: `https://127.0.0.1:${port}` });
  const clock = leapingClock();
  t.false(await settled(api, clock, never, 20));
  t.is(clock.elapsed(), 30_000);
});
