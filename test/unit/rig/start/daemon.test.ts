import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import test from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import {
  checkDaemon,
  overlaps,
  refuseTaken,
  requireBridge,
} from '../../../../gocli-ts/src/rig/start/daemon.ts';
import { proveReachable } from '../../../../gocli-ts/src/rig/start/reach.ts';
import { planRig } from '../../../../gocli-ts/src/rig/make-plan.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { addProvider, K8S_FACTS, makeEngine, requestFor, VM_FACTS } from '../../../helpers/engine.ts';

const { about } = new FakeDocker();

test('a daemon whose containers cannot run machines, or reach the host, is refused with the reason', (t) => {
  for (const [changed, message, hint] of [
    [{ rootless: true }, /rootless/, /context use default/],
    [{ remapsUsers: true }, /userns-remap/, /daemon\.json/],
    [{ bridge: undefined }, /no network "bridge"/, /"bridge": "none"/],
    [{ bridge: { subnets: ['192.168.66.0/25'] } }, /192\.168\.66\.0\/25.*192\.168\.66\.0\/24/, /--network/],
    [
      { bridge: { subnets: ['192.168.64.0/21'], gateway: '192.168.66.1' } },
      /192\.168\.64\.0\/21.*192\.168\.66\.0\/24/,
      /--network/,
    ],
  ] as const) {
    const error = t.throws(() => requireBridge({ ...about, ...changed }), {
      code: 'DOCKER_UNSUPPORTED',
      message,
    });
    t.true(isCode(error, 'DOCKER_UNSUPPORTED') && hint.test(error.hint ?? ''), String(error));
  }
  t.notThrows(() => requireBridge({ ...about, bridge: { subnets: ['fd00::/64', '10.200.0.0/24'] } }));
  // Docker's own pools are cut into such pieces, and containers get the first addresses of one.
  for (const gateway of ['192.168.64.1', undefined])
    t.notThrows(() => requireBridge({ ...about, bridge: { subnets: ['192.168.64.0/20'], gateway } }));
  const bridge = { subnets: ['192.168.66.0/24'], gateway: '192.168.66.1' };
  t.notThrows(() => requireBridge({ ...about, bridge }, '10.5.0.0/24'));
});

const NETWORKS = { nodes: '192.168.66.0/24', pods: '10.244.0.0/16', services: '10.96.0.0/12' };
const AROUND = { routes: [], addresses: [], resolvers: [] };

test('a network of a rig is spoken of when its very addresses are used, with who uses them', (t) => {
  for (const [around, line] of [
    [
      { routes: [{ network: '10.100.3.0/24', device: 'tun0', direct: false }] },
      /services, 10\.96\.0\.0\/12, .*\(10\.100\.3\.0\/24 by tun0\)/,
    ],
    [
      { routes: [{ network: '192.168.66.0/24', device: 'wlan0', direct: true }] },
      /nodes, .*\(192\.168\.66\.0\/24 by wlan0\)/,
    ],
    [
      { routes: [{ network: '192.168.64.0/20', device: 'eth0', direct: true }] },
      /nodes, .*\(a part of 192\.168\.64\.0\/20 by eth0\)/,
    ],
    [
      { routes: [{ network: '192.168.0.0/16', device: 'eth0', direct: true }] },
      /nodes, .*\(a part of 192\.168\.0\.0\/16 by eth0\)/,
    ],
    [{ addresses: ['192.168.66.50'] }, /nodes, .*\(this host itself, 192\.168\.66\.50\)/],
    [{ resolvers: ['192.168.66.1'] }, /nodes, .*\(the resolver 192\.168\.66\.1\)/],
  ] as const) {
    const lines = overlaps(NETWORKS, { ...AROUND, ...around });
    t.is(lines.length, 1);
    t.regex(lines[0] ?? '', line);
  }
});

test('nothing is said of wider routes that lead elsewhere, nor of resolvers that are asked from elsewhere', (t) => {
  const elsewhere = ['10.0.0.0/8', '192.168.64.0/20', '172.17.0.0/16'].map((network) => ({
    network,
    device: 'tun0',
    direct: false,
  }));
  // Nobody has neighbours all over it.
  const routes = [...elsewhere, { network: '10.0.0.0/8', device: 'eth0', direct: true }];
  t.deepEqual(overlaps(NETWORKS, { routes, addresses: ['10.3.0.7'], resolvers: ['10.100.0.1'] }), []);
});

test('a network that is asked for is refused where somebody has it, and the usual one is only spoken of', async (t) => {
  const engine = await makeEngine(t);
  for (const network of ['10.5.0.0/24', '10.5.0.0/16'])
    await t.throwsAsync(
      refuseTaken('10.5.0.0/24', engine, { ...AROUND, routes: [{ network, device: 'eth0', direct: true }] }),
      { code: 'BAD_VALUE', message: /^--network or GOCLI_NETWORK: 10\.5\.0\.0\/24 is in use .*eth0/ },
    );
  await refuseTaken('10.5.0.0/24', engine, AROUND);
  const routes = [{ network: '192.168.66.0/24', device: 'tun0', direct: false }];
  for (const network of [undefined, '192.168.66.0/24'])
    await t.notThrowsAsync(refuseTaken(network, engine, { ...AROUND, routes }));
});

test('an address that this host has, too, proves nothing where the socket was made elsewhere', async (t) => {
  const engine = await makeEngine(t);
  const plan = planRig(requestFor(addProvider(engine.docker, VM_FACTS)), engine.kinds);
  engine.docker.about = { ...about, isHere: false };
  engine.docker.hostPortOf = () => 1;
  const error = await t.throwsAsync(checkDaemon(plan, engine));
  t.true(isCode(error, 'DOCKER_UNSUPPORTED') && !/has the address/.test(error.observed ?? ''), String(error));
});

test('a socket or a port of this host proves nothing where the daemon behind it has another name', async (t) => {
  for (const changed of [{ hostName: 'elsewhere' }, { isHere: undefined }]) {
    const engine = await makeEngine(t);
    const plan = planRig(requestFor(addProvider(engine.docker, VM_FACTS)), engine.kinds);
    engine.docker.about = { ...about, ...changed };
    engine.docker.hostPortOf = () => 1;
    await t.throwsAsync(checkDaemon(plan, engine), {
      code: 'DOCKER_UNSUPPORTED',
      message: /not in the network of the Docker host/,
    });
  }
});

test('a bridge that does not masquerade is spoken of', async (t) => {
  const engine = await makeEngine(t);
  const plan = planRig(requestFor(addProvider(engine.docker, VM_FACTS)), engine.kinds);
  engine.docker.about = { ...about, bridge: { subnets: [], gateway: '127.0.0.1', masquerades: false } };
  await checkDaemon(plan, engine);
  t.true(
    engine.events.some(
      (event) => event.type === 'notice' && event.level === 'warning' && /masquerade/.test(event.text),
    ),
  );
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

test('where the host is to its containers an address of services or pods, a start says so', async (t) => {
  const engine = await makeEngine(t);
  const plan = planRig(requestFor(addProvider(engine.docker, K8S_FACTS)), engine.kinds);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  engine.docker.about = { ...about, bridge: { subnets: ['10.100.0.0/16'] } };
  engine.docker.hostPortOf = () => port;
  await checkDaemon(plan, engine);
  const said = engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  t.is(
    said.filter((text) => /services, 10\.96\.0\.0\/12, .*this host itself, 10\.100\.0\.1\)/.test(text))
      .length,
    1,
  );
});

test('nothing is tried where the address of the bridge is one of this host, said by the daemon or not', async (t) => {
  for (const bridge of [
    { subnets: ['fd00::/64', '127.0.0.0/16'] },
    // Of a pool that is cut into small pieces.
    { subnets: ['127.0.0.16/28'] },
    { subnets: [], gateway: '127.0.0.1' },
  ]) {
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
