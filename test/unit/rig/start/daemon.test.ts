import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import test from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { checkDaemon, overlaps, requireBridge } from '../../../../gocli-ts/src/rig/start/daemon.ts';
import { proveReachable } from '../../../../gocli-ts/src/rig/start/reach.ts';
import { planRig } from '../../../../gocli-ts/src/rig/make-plan.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS } from '../../../helpers/engine.ts';

const { about } = new FakeDocker();

test('a daemon whose containers cannot run machines, or reach the host, is refused with the reason', (t) => {
  for (const [changed, message, hint] of [
    [{ rootless: true }, /rootless/, /context use default/],
    [{ remapsUsers: true }, /userns-remap/, /daemon\.json/],
    [{ bridge: undefined }, /no network "bridge"/, /"bridge": "none"/],
    [{ bridge: { subnets: ['192.168.64.0/21'] } }, /192\.168\.64\.0\/21.*192\.168\.66\.0\/24/, /"bip"/],
  ] as const) {
    const error = t.throws(() => requireBridge({ ...about, ...changed }), {
      code: 'DOCKER_UNSUPPORTED',
      message,
    });
    t.true(isCode(error, 'DOCKER_UNSUPPORTED') && hint.test(error.hint ?? ''), String(error));
  }
  t.notThrows(() => requireBridge({ ...about, bridge: { subnets: ['fd00::/64', '10.200.0.0/24'] } }));
});

test('routes into the networks of a rig are named, with the device', (t) => {
  const networks = { nodes: '192.168.66.0/24', pods: '10.244.0.0/16' };
  t.deepEqual(overlaps(networks, [{ network: '172.17.0.0/16', device: 'docker0' }]), []);
  const [line = '', ...more] = overlaps(networks, [
    { network: '10.0.0.0/8', device: 'tun0' },
    { network: '192.168.0.0/24', device: 'wlan0' },
  ]);
  t.deepEqual(more, []);
  t.regex(line, /network of the pods, 10\.244\.0\.0\/16, .*\(10\.0\.0\.0\/8 by tun0\)/);
});

test('where the ports of the daemon are reached although its address is elsewhere, a start goes on', async (t) => {
  const engine = await makeEngine(t);
  const plan = planRig(requestFor(addProvider(engine.docker, VM_FACTS)), engine.kinds);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  engine.docker.about = { ...about, bridge: { subnets: ['172.17.0.0/16'], gateway: '203.0.113.1' } };
  engine.docker.hostPortOf = () => port;
  await checkDaemon(plan, engine);
  t.is(engine.docker.containerStore.size, 0);
});

test('nothing is tried where the address of the bridge is one of this host, said by the daemon or not', async (t) => {
  for (const bridge of [{ subnets: ['fd00::/64', '127.0.0.0/16'] }, { subnets: [], gateway: '127.0.0.1' }]) {
    const engine = await makeEngine(t);
    const plan = planRig(requestFor(addProvider(engine.docker, VM_FACTS)), engine.kinds);
    engine.docker.about = { ...about, bridge };
    await checkDaemon(plan, engine);
    t.false(engine.docker.calls.some(({ method }) => method === 'containers.create'));
  }
});

test('a process in another network than the daemon is told so, and nothing is left', async (t) => {
  const engine = await makeEngine(t);
  const { id } = addProvider(engine.docker, VM_FACTS);
  // Nobody listens there: it is a port for root alone, of a protocol that nobody uses.
  engine.docker.hostPortOf = () => 1;
  const error = await t.throwsAsync(proveReachable(id, '203.0.113.1', engine, 300));
  t.true(isCode(error, 'DOCKER_UNSUPPORTED') && /203\.0\.113\.1/.test(error.observed ?? ''), String(error));
  t.is(engine.docker.containerStore.size, 0);
});
