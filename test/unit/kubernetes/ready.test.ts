import test from 'ava';
import { keysOf } from '../../../gocli-ts/src/kubernetes/access.ts';
import { afterThaw } from '../../../gocli-ts/src/kubernetes/ready.ts';
import { Steps } from '../../../gocli-ts/src/events/steps.ts';
import { systemClock } from '../../../gocli-ts/src/shared/clock.ts';
import type { Presumption } from '../../../gocli-ts/src/waiting/condition.ts';
import { FakeApiServer } from '../../helpers/api-server.ts';
import { stateOf } from '../../helpers/engine.ts';

type Answer = readonly [number, unknown];

const allows = ({ path }: { readonly path: string }): Answer => [
  200,
  path === '/readyz' ? 'ok' : { items: [] },
];

/** What the API server was asked for after a thaw of so many saved machines for a plan of one node, and what was presumed. */
async function thawOf(
  machines: number,
  answer: (request: { readonly method: string; readonly path: string }) => Answer = allows,
  timeoutMs = 1000,
): Promise<{ readonly paths: string[]; readonly presumed: string[] }> {
  await using server = await FakeApiServer.start(answer);
  const port = Number(new URL(server.access.server).port);
  const state = stateOf({ ports: { '6443/tcp': port, '5000/tcp': port, '31111/udp': port } });
  const saved = {
    qemu: '10.0.13',
    capabilities: ['x-ignore-shared'] as const,
    direct: false,
    machines: Array.from({ length: machines }, (_, at) => ({
      name: `node0${String(at + 1)}`,
      bootId: 'b',
      file: 'f',
    })),
  };
  const keys = { sshPrivateKey: '', sshPublicKey: '', ...keysOf(server.access) };
  const steps = new Steps(() => undefined, systemClock);
  const options = {
    clock: systemClock,
    signal: new AbortController().signal,
    timeoutMs,
    intervalMs: 10,
    presumeMs: 100,
    presumed: new Map<string, Presumption>(),
  };
  // Nothing answers for the DNS and the registry here.
  await afterThaw({ state, layout: { plan: state.plan }, saved, keys }, steps, options).catch(
    () => undefined,
  );
  return { paths: server.requests.map(({ path }) => path), presumed: [...options.presumed.keys()] };
}

test('after a thaw without one of its nodes, what ran there is waited for as after a start', async (t) => {
  const deployments = '/apis/apps/v1/deployments';
  const { paths: asleep } = await thawOf(1);
  t.false(asleep.includes(deployments));
  t.true(asleep.includes('/api/v1/nodes/node01/proxy/healthz'));
  const { paths: fewer } = await thawOf(2);
  t.true(fewer.includes(deployments));
  t.true(fewer.includes('/apis/metrics.k8s.io/v1beta1/nodes'));
});

test("where one of its nodes is missing, a webhook of the user's decides nothing either", async (t) => {
  const refused = [500, { message: 'failed calling webhook "closed.example.com": no endpoints' }] as const;
  const { presumed } = await thawOf(
    2,
    ({ method, path }) => {
      if (path.endsWith('webhookconfigurations')) return [200, { items: [{ webhooks: [{}] }] }];
      return method === 'GET' || path.includes('/gocli-ready?') ? allows({ path }) : refused;
    },
    8000,
  );
  t.deepEqual(presumed.sort(), [
    'node02, which has no machine, is taken out',
    'the cluster DNS answers',
    'the metrics API serves node metrics',
    'the node is Ready',
    'the system deployments are available',
  ]);
});
