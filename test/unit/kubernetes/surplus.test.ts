import test from 'ava';
import { removeSurplus } from '../../../gocli-ts/src/kubernetes/surplus.ts';
import { ApiClient } from '../../../gocli-ts/src/kubernetes/api.ts';
import { systemClock } from '../../../gocli-ts/src/shared/clock.ts';
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
