import test from 'ava';
import { ApiClient } from '../../../gocli-ts/src/kubernetes/api.ts';
import {
  KUBELET_CALLS,
  NODE_WRITES,
  POD_WRITES,
  unlessRefused,
} from '../../../gocli-ts/src/kubernetes/refused-writes.ts';
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

/** An API server with a webhook whose server takes connections and never says anything, but for what no webhook is asked about. */
function withSilentWebhook(isAsked: (path: string) => boolean): Promise<FakeApiServer> {
  const lists = [200, { items: [{ webhooks: [{}] }] }] as const;
  return FakeApiServer.start(({ path }) => {
    if (path.endsWith('webhookconfigurations')) return lists;
    return isAsked(path) ? undefined : [200, {}];
  });
}

const unmet = { name: 'unmet', check: () => Promise.resolve({ met: false, observed: 'old' } as const) };

test('what waits for a write that a webhook keeps without an answer is not waited for', async (t) => {
  await using server = await withSilentWebhook((path) => !path.includes('/gocli-ready'));
  using api = new ApiClient(server.access, 1);
  for (const writes of [NODE_WRITES, POD_WRITES]) {
    const seen = await unlessRefused(unmet, api, writes).check(never);
    t.like(seen, { met: true });
    t.regex(seen.observed ?? '', /no answer to \/api/);
  }
});

test('what several conditions try at the same time is tried once, and for each until it is given up', async (t) => {
  await using server = await withSilentWebhook((path) => !path.includes('/gocli-ready'));
  using api = new ApiClient(server.access);
  const brief = AbortSignal.timeout(1500);
  const [given, ...seen] = await Promise.allSettled([
    unlessRefused(unmet, api, POD_WRITES).check(brief),
    unlessRefused(unmet, api, POD_WRITES).check(never),
    unlessRefused(unmet, api, [...NODE_WRITES, ...POD_WRITES]).check(never),
  ]);
  t.false(given.status === 'fulfilled' && given.value.met);
  for (const one of seen) t.like(one, { status: 'fulfilled', value: { met: true } });
  const paths = server.requests.map(({ path }) => path);
  t.deepEqual(paths, [...new Set(paths)]);
  // Later is another moment.
  t.like(await unlessRefused(unmet, api, POD_WRITES).check(never), { met: true });
  t.is(server.requests.length, paths.length + 1 + POD_WRITES.length + 1);
});

test('an API server that answers nobody is no webhook, and neither is one that lets all pass', async (t) => {
  await using silent = await withSilentWebhook(() => true);
  using deaf = new ApiClient(silent.access);
  const limit = AbortSignal.timeout(4000);
  await t.throwsAsync(unlessRefused(unmet, deaf, POD_WRITES).check(limit), { any: true });
  await using open = await withSilentWebhook(() => false);
  using api = new ApiClient(open.access);
  t.deepEqual(await unlessRefused(unmet, api, POD_WRITES).check(never), { met: false, observed: 'old' });
});

test('a kubelet to which a webhook keeps the way is not waited for, and keeps no connection', async (t) => {
  await using server = await withSilentWebhook((path) => path.includes('/proxy/'));
  using api = new ApiClient(server.access, 1);
  const kubelet = {
    name: 'the kubelet answers',
    check: async (signal: AbortSignal) => {
      await api.send('/api/v1/nodes/node01/proxy/healthz', signal);
      return { met: true } as const;
    },
  };
  t.like(await unlessRefused(kubelet, api, KUBELET_CALLS).check(never), { met: true });
  t.is((await api.send('/readyz', never)).status, 200);
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
