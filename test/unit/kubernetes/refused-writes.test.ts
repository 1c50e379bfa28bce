import test from 'ava';
import { ApiClient } from '../../../gocli-ts/src/kubernetes/api.ts';
import { unlessRefused } from '../../../gocli-ts/src/kubernetes/refused-writes.ts';
import { KUBELET_CALLS, NODE_WRITES, POD_WRITES } from '../../../gocli-ts/src/kubernetes/trial-writes.ts';
import { systemClock } from '../../../gocli-ts/src/shared/clock.ts';
import { type Observation, type Presumption, waitFor } from '../../../gocli-ts/src/waiting/condition.ts';
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

/** An API server with a webhook whose server takes connections and never says anything; nobody is asked about what is read. */
function withSilentWebhook(isAsked: (path: string) => boolean): Promise<FakeApiServer> {
  const lists = [200, { items: [{ webhooks: [{}] }] }] as const;
  return FakeApiServer.start(({ path, method }) => {
    if (path.endsWith('webhookconfigurations')) return lists;
    if (path === PODS && method === 'GET') return [200, { items: [pod('1'), user] }];
    return isAsked(path) ? undefined : [200, {}];
  });
}

const PODS = '/api/v1/namespaces/kube-system/pods';
const pod = (resourceVersion: string) => ({ metadata: { name: 'coredns-1', resourceVersion }, status: {} });
const user = { metadata: { name: 'theirs', resourceVersion: '1' }, status: {} };

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
  const asked = server.requests.map(({ method, path, body }) => `${method} ${path} ${body}`);
  t.deepEqual(asked, [...new Set(asked)]);
  // Later is another moment.
  t.like(await unlessRefused(unmet, api, POD_WRITES).check(never), { met: true });
  t.is(server.requests.length, asked.length + 2 + 1 + POD_WRITES.length + 1);
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

const closed = [
  500,
  { message: 'Internal error occurred: failed calling webhook "closed.example.com": no endpoints' },
] as const;

/** An API server whose one webhook refuses what is told, and whose coredns has so many versions as there were looks. */
function withClosedWebhook(
  isAsked: (method: string, path: string, body: string) => boolean,
  version: () => string = () => '1',
): Promise<FakeApiServer> {
  const webhooks = [{ name: 'open.example.com', failurePolicy: 'Ignore' }, { name: 'closed.example.com' }];
  return FakeApiServer.start(({ method, path, body }) => {
    if (path.endsWith('/validatingwebhookconfigurations'))
      return [
        200,
        { items: [{ metadata: { name: 'gocli-ready' } }, { metadata: { name: 'mine' }, webhooks }] },
      ];
    if (path.endsWith('/mutatingwebhookconfigurations')) return [200, { items: [] }];
    if (path === PODS && method === 'GET') return [200, { items: [pod(version())] }];
    return isAsked(method, path, body) ? closed : [200, {}];
  });
}

test('a refusal names the webhook, and what is typed to be rid of it', async (t) => {
  await using server = await withClosedWebhook((method, path) => path.includes('/serviceaccounts/coredns/'));
  using api = new ApiClient(server.access);
  const failing = { name: 'dns', check: () => Promise.reject(new Error('queryA ETIMEOUT')) };
  const seen = await unlessRefused(failing, api, POD_WRITES, { rig: 'c' }).check(never);
  t.like(seen, {
    met: true,
    presumed: {
      why: 'the webhook "closed.example.com" refuses /api/v1/namespaces/kube-system/serviceaccounts/coredns/token',
      state: 'queryA ETIMEOUT 1',
      hint: 'Where nobody answers for it any more: gocli kubectl --name c delete validatingwebhookconfiguration mine',
    },
  });
});

test('a webhook that is asked only about some objects is seen as well', async (t) => {
  for (const isAsked of [
    (_: string, path: string) => path.includes('/pods/coredns-1/status'),
    (method: string, path: string, body: string) =>
      method === 'POST' && path.startsWith(PODS) && body.includes('"k8s-app":"metrics-server"'),
    (method: string, path: string) => method === 'POST' && path.startsWith('/api/v1/nodes?'),
  ]) {
    await using server = await withClosedWebhook(isAsked);
    using api = new ApiClient(server.access);
    t.like(await unlessRefused(unmet, api, [...NODE_WRITES, ...POD_WRITES]).check(never), { met: true });
  }
});

test('what a webhook refuses while its own server only starts is waited for', async (t) => {
  let looks = 0;
  await using server = await withClosedWebhook(
    () => looks < 8,
    () => String(Math.floor(looks / 2)),
  );
  using api = new ApiClient(server.access);
  const starting = {
    name: 'the system deployments are available',
    check: (): Promise<Observation> => {
      looks += 1;
      return Promise.resolve(looks < 12 ? { met: false, observed: 'not yet' } : { met: true });
    },
  };
  const presumed = new Map<string, Presumption>();
  const options = {
    clock: systemClock,
    signal: never,
    timeoutMs: 20_000,
    intervalMs: 50,
    presumeMs: 2000,
    presumed,
  };
  t.deepEqual(await waitFor(unlessRefused(starting, api, POD_WRITES), options), { met: true });
  t.is(looks, 12);
  t.is(presumed.size, 0);
});

test('a thaw asks nothing about webhooks in its first seconds, but a refusal says so itself', async (t) => {
  await using server = await withClosedWebhook(() => true);
  using api = new ApiClient(server.access);
  const later = { afterMs: 300 };
  const failing = unlessRefused(unmet, api, POD_WRITES, later);
  t.deepEqual(await failing.check(never), { met: false, observed: 'old' });
  t.deepEqual(server.requests, []);
  await new Promise((resolve) => setTimeout(resolve, 350));
  t.like(await failing.check(never), { met: true });
  const observed = `status 500: ${JSON.stringify(closed[1])}`;
  const refused = { name: 'kubelet', check: () => Promise.resolve({ met: false, observed } as const) };
  t.like(await unlessRefused(refused, api, KUBELET_CALLS, { afterMs: 60_000 }).check(never), {
    presumed: { why: 'the webhook "closed.example.com" refuses it', state: observed },
  });
});
