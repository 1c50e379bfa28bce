import test from 'ava';
import { ApiClient } from '../../../gocli-ts/src/kubernetes/api.ts';
import { POD_WRITES, unlessRefused } from '../../../gocli-ts/src/kubernetes/refused-writes.ts';
import type { Observation } from '../../../gocli-ts/src/waiting/condition.ts';
import { FakeApiServer } from '../../helpers/api-server.ts';

const never = new AbortController().signal;

test('what waits for a write that a webhook refuses is not waited for', async (t) => {
  const refused = [500, { message: 'failed calling webhook "closed.example.com": no endpoints' }] as const;
  const webhooks = [200, { items: [{ webhooks: [{}] }] }] as const;
  await using server = await FakeApiServer.start(({ path }) =>
    path.includes('webhookconfigurations') ? webhooks : refused,
  );
  using api = new ApiClient(server.access);
  const silent = { name: 'silent', check: () => new Promise<Observation>(() => undefined) };
  t.like(await unlessRefused(silent, api, POD_WRITES).check(never), { met: true });
});

test('what is only slow is waited for, and nothing is tried where there is no webhook', async (t) => {
  await using server = await FakeApiServer.start(({ path }) => {
    t.regex(path, /webhookconfigurations$/);
    return [200, { items: [{}] }] as const;
  });
  using api = new ApiClient(server.access);
  const slow = {
    name: 'slow',
    check: () => new Promise<Observation>((resolve) => setTimeout(resolve, 4300, { met: true })),
  };
  t.deepEqual(await unlessRefused(slow, api, POD_WRITES).check(never), { met: true });
});
