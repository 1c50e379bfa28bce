import { createServer, type AddressInfo, type Server } from 'node:net';
import test from 'ava';
import { choosePorts, chosenPorts } from '../../../gocli-ts/src/rig/host-ports.ts';
import { PORTS } from '../../../gocli-ts/src/kubernetes/ports.ts';
import { freePorts } from '../../../gocli-ts/src/host/free-ports.ts';
import { publishedPorts } from '../../../gocli-ts/src/network/ports.ts';
import { FakeDocker } from '../../fakes/docker.ts';

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

test('everything that is published gets a host port of its own; a pinned one is kept', async (t) => {
  const { server, port } = await listen();
  await new Promise((resolve) => server.close(resolve));
  const ports = await choosePorts(new FakeDocker(), publishedPorts(2, PORTS), { '6443/tcp': port });
  t.deepEqual(
    Object.keys(ports).sort(),
    publishedPorts(2, PORTS)
      .map(({ key }) => key)
      .sort(),
  );
  t.is(ports['6443/tcp'], port);
  const tcp = Object.entries(ports).flatMap(([key, value]) => (key.endsWith('tcp') ? [value] : []));
  t.is(new Set(tcp).size, tcp.length);
  t.true(tcp.every((value) => value > 0));
});

test('a pinned port that is taken is an error with its holder: this process, or a container', async (t) => {
  const { server, port } = await listen();
  t.teardown(() => server.close());
  const docker = new FakeDocker();
  await t.throwsAsync(choosePorts(docker, publishedPorts(1, PORTS), { '6443/tcp': port }), {
    code: 'PORT_TAKEN',
    message: new RegExp(`${port}/tcp, asked for 6443/tcp, is taken by .*pid ${process.pid}`),
  });
  docker.addImage('image');
  const ports = [{ containerPort: 80, protocol: 'tcp' as const, hostPort: port }];
  const isolated = { labels: {}, network: 'bridge', capabilities: [], noNewPrivileges: true };
  await docker.containers.create({ name: 'web', image: 'image', ports, ...isolated });
  await t.throwsAsync(choosePorts(docker, publishedPorts(1, PORTS), { '6443/tcp': port }), {
    message: /is taken by container web$/,
  });
});

test('a port that another one had goes to the one that it is asked for, and to one alone', async (t) => {
  const published = publishedPorts(1, PORTS);
  const [mine = 0] = await freePorts(['tcp']);
  const wishes = {
    had: { '80/tcp': mine, '443/tcp': 0 },
    own: [{ containerPort: 80, protocol: 'tcp', hostPort: mine }],
  } as const;
  const ports = await chosenPorts(new FakeDocker(), published, { ...wishes, pinned: { '443/tcp': mine } });
  t.is(ports['443/tcp'], mine);
  t.not(ports['80/tcp'], mine);
  await t.throwsAsync(
    chosenPorts(new FakeDocker(), published, { ...wishes, pinned: { '80/tcp': mine, '443/tcp': mine } }),
    { code: 'BAD_VALUE', message: /^host port \d+\/tcp is asked for 2 times: .*--https?-port PORT/ },
  );
});
