import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ApiClient } from '../../../gocli-ts/src/kubernetes/api.ts';
import {
  readyConditions,
  THAW_PATIENCE_MS,
  thawedConditions,
  usedConditions,
} from '../../../gocli-ts/src/kubernetes/conditions.ts';
import type { Condition } from '../../../gocli-ts/src/waiting/condition.ts';
import { FakeApiServer } from '../../helpers/api-server.ts';

const never = new AbortController().signal;
const isTrue = { type: 'Ready', status: 'True' };
const isFalse = { type: 'Ready', status: 'False', message: 'cni plugin not initialized' };
const node = (name: string, condition: object) => ({
  metadata: { name },
  status: { conditions: [condition] },
});
const deployment = (name: string, available?: number, labels = {}) => ({
  metadata: { name, namespace: 'kube-system', labels },
  spec: { replicas: 1 },
  status: available === undefined ? {} : { availableReplicas: available },
});

/** Webhooks of the user's are asked about everything but this. */
const WRITTEN = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/gocli-ready';

const SYSTEM = { 'gocli.io/system': 'true' };

const READY: Record<string, readonly [number, unknown]> = {
  '/readyz': [200, 'ok'],
  '/api/v1/nodes/node01/proxy/healthz': [200, 'ok'],
  '/api/v1/nodes': [200, { items: [node('node01', isTrue)] }],
  [WRITTEN]: [201, {}],
  '/apis/apps/v1/deployments': [200, { items: [deployment('coredns', 1)] }],
  '/apis/metrics.k8s.io/v1beta1/nodes': [200, { items: [{}] }],
  '/api/v1/pods': [200, { items: [] }],
};

/** What each condition says when the API answers like this; the registry and DNS are asked on the ports given. */
async function look(
  t: ExecutionContext,
  changed: typeof READY,
  { nodes = 1, registryPort = 1, dnsPort = 1 } = {},
  conditionsOf = readyConditions,
): Promise<Map<string, string>> {
  const answers = { ...READY, ...changed };
  const server = await FakeApiServer.start(
    ({ path }) => answers[path.split('?')[0] ?? ''] ?? [404, 'not found'],
  );
  const api = new ApiClient(server.access);
  t.teardown(async () => {
    api[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });
  const looks = conditionsOf({ rig: 'two', api, nodes, registryPort, dnsPort }).map(async (condition) => {
    const result = await condition.check(never).catch((error: unknown) => ({
      met: false,
      observed: `threw ${String(error)}`,
    }));
    return [condition.name, result.met ? 'met' : result.observed] as const;
  });
  return new Map(await Promise.all(looks));
}

const API = [
  'the API server is ready',
  'the kubelet of node01 is healthy',
  'the node is Ready',
  'the API server stores a write',
  'the system deployments are available',
  'the metrics API serves node metrics',
];

test('what the API refuses for the moment is waited for', async (t) => {
  const found = await look(t, {
    '/api/v1/nodes': [403, 'forbidden'],
    '/apis/apps/v1/deployments': [503, 'starting'],
  });
  t.regex(found.get('the node is Ready') ?? '', /^GET \/api\/v1\/nodes: status 403$/);
  t.regex(found.get('the system deployments are available') ?? '', /status 503$/);
});

test('a cluster that answers everything is Ready', async (t) => {
  const found = await look(t, {});
  t.deepEqual(
    API.map((name) => found.get(name)),
    API.map(() => 'met'),
  );
});

test('each condition says what it saw when it does not hold', async (t) => {
  const found = await look(t, {
    '/readyz': [500, '[+]ping ok\n[-]etcd failed\n'],
    '/api/v1/nodes/node01/proxy/healthz': [502, 'dial tcp: connection refused'],
    '/api/v1/nodes': [200, { items: [node('node01', isFalse)] }],
    [WRITTEN]: [507, 'etcdserver: no space'],
    '/apis/apps/v1/deployments': [
      200,
      { items: [deployment('coredns'), deployment('metrics-server', 1, SYSTEM)] },
    ],
    '/apis/metrics.k8s.io/v1beta1/nodes': [200, { items: [] }],
  });
  t.deepEqual(
    API.map((name) => found.get(name)),
    [
      '/readyz: status 500: [-]etcd failed',
      'status 502: dial tcp: connection refused',
      '0 of 1 Ready; node01: cni plugin not initialized',
      'status 507: etcdserver: no space',
      'not yet: coredns',
      'no node has been measured yet',
    ],
  );
});

test("a deployment of the user's own does not count, not even in kube-system", async (t) => {
  const items = [deployment('coredns', 1), deployment('broken', 0)];
  const found = await look(t, { '/apis/apps/v1/deployments': [200, { items }] });
  t.is(found.get('the system deployments are available'), 'met');
});

test('a kubelet that a webhook of the user keeps from being asked counts as healthy', async (t) => {
  for (const message of [
    'Internal error occurred: failed calling webhook "closed.example.com": service "gone" not found',
    'admission webhook "no.example.com" denied the request: no',
  ]) {
    const kubelet = { '/api/v1/nodes/node01/proxy/healthz': [500, { message }] } as const;
    const found = await look(t, kubelet, {}, usedConditions);
    t.is(found.get('the kubelet of node01 is healthy'), 'met');
  }
});

test("what nobody can write for a webhook of the user's does not keep a cluster from being Ready", async (t) => {
  const refused = [500, { message: 'failed calling webhook "closed.example.com": no endpoints' }] as const;
  const stale = {
    '/api/v1/nodes/node01/proxy/healthz': refused,
    '/api/v1/nodes': [200, { items: [node('node01', { ...isFalse, status: 'Unknown' })] }],
    '/apis/apps/v1/deployments': [200, { items: [deployment('coredns', 0)] }],
    '/apis/metrics.k8s.io/v1beta1/nodes': [503, 'service unavailable'],
  } as const;
  const writes = {
    '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node01': refused,
    '/api/v1/namespaces/kube-system/pods': refused,
    '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io/status': refused,
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations': [
      200,
      { items: [{}, { webhooks: [{}] }] },
    ],
  } as const;
  const found = await look(t, { ...stale, ...writes }, {}, usedConditions);
  t.deepEqual(
    API.map((name) => found.get(name)),
    API.map(() => 'met'),
  );
  const broken = await look(t, stale, {}, usedConditions);
  t.regex(broken.get('the node is Ready') ?? '', /^0 of 1 Ready/);
  t.is(broken.get('the system deployments are available'), 'not yet: coredns');
  t.is(broken.get('the metrics API serves node metrics'), 'status 503');
  const fresh = await look(t, { ...stale, ...writes });
  t.is(fresh.get('the metrics API serves node metrics'), 'status 503', 'one that starts has no such webhook');
});

test("a DNS whose pods a webhook of the user's keeps from starting does not keep a cluster from being Ready", async (t) => {
  const name = 'the cluster DNS answers';
  const refused = [500, { message: 'failed calling webhook "closed.example.com": no endpoints' }] as const;
  const closed = {
    '/api/v1/namespaces/kube-system/serviceaccounts/kube-proxy/token': refused,
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations': [
      200,
      { items: [{ webhooks: [{}] }] },
    ],
  } as const;
  t.is((await look(t, closed, {}, usedConditions)).get(name), 'met');
  t.not((await look(t, {}, {}, usedConditions)).get(name), 'met');
  // A thaw asks about webhooks later, but does: the cluster may have been frozen when it was so.
  const thawed = await look(t, closed, {}, (targets) => patientlyTwice(thawedConditions(targets)));
  t.is(thawed.get(name), 'met');
});

/** Looks a second time after the seconds in which a thaw asks nothing. */
function patientlyTwice(conditions: readonly Condition[]): Condition[] {
  return conditions.map((condition) => ({
    ...condition,
    check: async (signal) => {
      await condition.check(signal);
      await new Promise((resolve) => setTimeout(resolve, THAW_PATIENCE_MS));
      return condition.check(signal);
    },
  }));
}

test('a deployment whose container keeps failing says so', async (t) => {
  const container = {
    name: 'metrics-server',
    ready: false,
    restartCount: 7,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
  };
  const found = await look(t, {
    '/apis/apps/v1/deployments': [200, { items: [deployment('metrics-server', 0, SYSTEM)] }],
    '/api/v1/pods': [
      200,
      { items: [{ metadata: { name: 'metrics-server-1-a' }, status: { containerStatuses: [container] } }] },
    ],
  });
  t.is(
    found.get('the system deployments are available'),
    'not yet: metrics-server (metrics-server: CrashLoopBackOff, restarted 7 times)',
  );
});

test('nodes and deployments that are not there yet are not Ready', async (t) => {
  const empty = {
    '/api/v1/nodes': [200, { items: [] }],
    '/apis/apps/v1/deployments': [200, { items: [] }],
  } as const;
  const found = await look(t, empty, { nodes: 2 });
  t.is(found.get('all 2 nodes are Ready'), '0 of 2 Ready; a node: not registered yet');
  t.is(found.get('the system deployments are available'), 'none exists yet');
  t.regex(found.get('the kubelet of node02 is healthy') ?? '', /^status 404/);
});

test('the registry and the cluster DNS are asked themselves', async (t) => {
  const registry = createServer((request, response) =>
    response.writeHead(request.url === '/v2/' ? 200 : 404).end(),
  );
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  const dns = createSocket('udp4', (query, from) => {
    // The question comes back with one answer: a pointer to its name, type A, class IN, 4 bytes.
    const header = Buffer.concat([query.subarray(0, 2), Buffer.from('81800001000100000000', 'hex')]);
    const end = query.indexOf(0, 12) + 5;
    const answer = Buffer.from('c00c00010001000000050004' + '0a600001', 'hex');
    dns.send(Buffer.concat([header, query.subarray(12, end), answer]), from.port, from.address);
  });
  await new Promise<void>((resolve) => dns.bind(0, '127.0.0.1', resolve));
  t.teardown(() => {
    registry.closeAllConnections();
    registry.close();
    dns.close();
  });
  const ports = { registryPort: (registry.address() as AddressInfo).port, dnsPort: dns.address().port };
  const there = await look(t, {}, ports);
  t.is(there.get('the registry answers'), 'met');
  t.is(there.get('the cluster DNS answers'), 'met');
  const gone = await look(t, {});
  t.not(gone.get('the registry answers'), 'met');
  t.not(gone.get('the cluster DNS answers'), 'met');
});
