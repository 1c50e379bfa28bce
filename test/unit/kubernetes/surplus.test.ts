import test from 'ava';
import { removeNode, removeSurplus } from '../../../gocli-ts/src/kubernetes/surplus.ts';
import { ApiClient } from '../../../gocli-ts/src/kubernetes/api.ts';
import { systemClock } from '../../../gocli-ts/src/shared/clock.ts';
import type { Presumption } from '../../../gocli-ts/src/waiting/condition.ts';
import { FakeApiServer } from '../../helpers/api-server.ts';
import { stateOf } from '../../helpers/engine.ts';

const { plan } = stateOf();
const saved = {
  qemu: '10.0.13',
  capabilities: ['x-ignore-shared'] as const,
  direct: false,
  machines: ['node01', 'node02', 'node03'].map((name) => ({ name, bootId: 'b', file: 'f' })),
};
const options = { clock: systemClock, signal: AbortSignal.timeout(20_000), timeoutMs: 5000, intervalMs: 10 };

test('nodes without a machine go with their pods, and services must have let go of them', async (t) => {
  let looks = 0;
  await using server = await FakeApiServer.start(({ method, path }) => {
    if (method === 'DELETE') return [200, {}];
    if (path.startsWith('/api/v1/pods')) {
      const node = path.includes('node02') ? 'two' : 'three';
      return [200, { items: [{ metadata: { name: `pod-${node}`, namespace: 'kube-system' } }] }];
    }
    if (!path.includes('endpointslices')) return [200, 'ok'];
    looks += 1;
    const nodeName = looks < 3 ? 'node03' : 'node01';
    return [200, { items: [{ endpoints: [{ nodeName }] }, { endpoints: null }, {}] }];
  });
  using api = new ApiClient(server.access);
  t.true(await removeSurplus({ layout: { plan }, saved }, api, options));
  t.deepEqual(
    server.requests
      .filter(({ method }) => method === 'DELETE')
      .map(({ path }) => path)
      .sort(),
    [
      '/api/v1/namespaces/kube-system/pods/pod-three',
      '/api/v1/namespaces/kube-system/pods/pod-two',
      '/api/v1/nodes/node02',
      '/api/v1/nodes/node03',
    ],
  );
  t.is(looks, 3);
});

test('without surplus machines nothing is asked', async (t) => {
  await using server = await FakeApiServer.start(() => [500, '']);
  using api = new ApiClient(server.access);
  const one = { ...saved, machines: saved.machines.slice(0, 1) };
  t.false(await removeSurplus({ layout: { plan }, saved: one }, api, options));
  t.deepEqual(server.requests, []);
});

const refused = (path: string) =>
  [500, { message: `failed calling webhook "closed.example.com": ${path}: no endpoints` }] as const;
const two = { ...saved, machines: saved.machines.slice(0, 2) };

/** A cluster with a pod on node02 and a slice that names it, in which webhooks refuse to remove what is told. */
function withRemovals(answer: (path: string) => readonly [number, unknown]): Promise<FakeApiServer> {
  const webhooks = [{ name: 'closed.example.com' }];
  return FakeApiServer.start(({ method, path }) => {
    if (method === 'DELETE') return answer(path);
    if (path.endsWith('/validatingwebhookconfigurations'))
      return [200, { items: [{ metadata: { name: 'mine' }, webhooks }] }];
    if (path.endsWith('webhookconfigurations')) return [200, { items: [] }];
    if (path.includes('endpointslices')) return [200, { items: [{ endpoints: [{ nodeName: 'node02' }] }] }];
    if (path.includes('/pods')) return [200, { items: [{ metadata: { name: 'p', namespace: 'n' } }] }];
    return [200, {}];
  });
}

test('a node that a webhook keeps is left, takes no new pods, and is told of', async (t) => {
  for (const kept of ['/api/v1/nodes/node02', '/api/v1/namespaces/n/pods/p']) {
    await using server = await withRemovals((path) => (path.startsWith(kept) ? refused(path) : [200, {}]));
    using api = new ApiClient(server.access);
    const presumed = new Map<string, Presumption>();
    const brief = { ...options, presumeMs: 200, timeoutMs: 10_000, presumed };
    t.true(await removeSurplus({ layout: { plan }, saved: two }, api, brief));
    t.deepEqual([...presumed.keys()], ['node02, which has no machine, is taken out']);
    t.regex([...presumed.values()][0]?.hint ?? '', /delete validatingwebhookconfiguration mine$/);
    const cordoned = server.requests.some(({ body }) => body === '{"spec":{"unschedulable":true}}');
    t.is(cordoned, kept.includes('nodes'));
  }
});

test('what else is answered to a removal is waited for, and told when there is no end to it', async (t) => {
  let answers = 0;
  await using server = await withRemovals(() => ((answers += 1) < 3 ? [503, 'starting'] : [404, {}]));
  using api = new ApiClient(server.access);
  t.deepEqual(await removeNode(api, 'node02', options.signal), {
    met: false,
    observed: 'DELETE /api/v1/nodes/node02: status 503: starting',
  });
  t.deepEqual(await removeNode(api, 'node02', options.signal), { met: true });
  await using broken = await withRemovals(() => [507, 'etcdserver: no space']);
  using other = new ApiClient(broken.access);
  const error = await t.throwsAsync(
    removeSurplus({ layout: { plan }, saved: two }, other, { ...options, timeoutMs: 300 }),
  );
  t.regex(
    (error as unknown as { observed: string }).observed,
    /nodes\/node02: status 507: etcdserver: no space/,
  );
});
