import test from 'ava';
import { keysOf } from '../../../gocli-ts/src/kubernetes/access.ts';
import { afterThaw } from '../../../gocli-ts/src/kubernetes/ready.ts';
import { Steps } from '../../../gocli-ts/src/events/steps.ts';
import { systemClock } from '../../../gocli-ts/src/shared/clock.ts';
import { FakeApiServer } from '../../helpers/api-server.ts';
import { stateOf } from '../../helpers/engine.ts';

/** What the API server was asked for after a thaw of so many saved machines for a plan of one node. */
async function askedFor(machines: number): Promise<string[]> {
  await using server = await FakeApiServer.start(({ path }) => [
    200,
    path === '/readyz' ? 'ok' : { items: [] },
  ]);
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
    timeoutMs: 1000,
    intervalMs: 10,
  };
  // Nothing answers for the DNS and the registry here.
  await afterThaw({ state, layout: { plan: state.plan }, saved, keys }, steps, options).catch(
    () => undefined,
  );
  return server.requests.map(({ path }) => path);
}

test('after a thaw without one of its nodes, what ran there is waited for as after a start', async (t) => {
  const deployments = '/apis/apps/v1/deployments';
  const asleep = await askedFor(1);
  t.false(asleep.includes(deployments));
  t.true(asleep.includes('/api/v1/nodes/node01/proxy/healthz'));
  const fewer = await askedFor(2);
  t.true(fewer.includes(deployments));
  t.true(fewer.includes('/apis/metrics.k8s.io/v1beta1/nodes'));
});
