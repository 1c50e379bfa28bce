import test from 'ava';
import { ApiClient } from '../../../gocli-ts/src/kubernetes/api.ts';
import { POD_WRITES, unlessRefused } from '../../../gocli-ts/src/kubernetes/refused-writes.ts';
import type { Observation } from '../../../gocli-ts/src/waiting/condition.ts';
import { FakeApiServer } from '../../helpers/api-server.ts';

const never = new AbortController().signal;

test('what waits for a write that a webhook refuses is not waited for', async (t) => {
  const refused = [500, { message: 'failed calling webhook "closed.example.com": no endpoints' }] as const;
  await using server = await FakeApiServer.start(() => refused);
  using api = new ApiClient(server.access);
  const silent = { name: 'silent', check: () => new Promise<Observation>(() => undefined) };
  t.like(await unlessRefused(silent, api, POD_WRITES).check(never), { met: true });
});

test('what is only slow is waited for', async (t) => {
  await using server = await FakeApiServer.start(() => [201, {}] as const);
  using api = new ApiClient(server.access);
  const slow = {
    name: 'slow',
    check: () => new Promise<Observation>((resolve) => setTimeout(resolve, 1700, { met: true })),
  };
  t.deepEqual(await unlessRefused(slow, api, POD_WRITES).check(never), { met: true });
});
