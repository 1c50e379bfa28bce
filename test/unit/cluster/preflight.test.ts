import { createServer, type AddressInfo, type Server } from 'node:net';
import test from 'ava';
import {
  checkMemory,
  choosePorts,
  parseMeminfo,
  readMemory,
} from '../../../gocli-ts/src/cluster/preflight.ts';
import { publishedPorts } from '../../../gocli-ts/src/network/ports.ts';
import { FakeDocker } from '../../fakes/docker.ts';
import { stateOf } from '../../helpers/engine.ts';

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

test('memory is read from the lines of /proc/meminfo', (t) => {
  const text = 'MemTotal:       24000000 kB\nMemFree:  5 kB\nMemAvailable:   12000000 kB\n';
  t.deepEqual(parseMeminfo(text), { total: 24_000_000 * 1024, available: 12_000_000 * 1024 });
  t.deepEqual(parseMeminfo(''), { total: 0, available: 0 });
});

test('a plan for more memory than there is is refused, one for more than is free a warning', async (t) => {
  const { guest } = stateOf().plan;
  t.is(await checkMemory({ ...guest, memoryMiB: 1 }), undefined);
  const { total, available } = await readMemory();
  const memoryMiB = Math.floor((total + available) / 2 / 1024 ** 2);
  t.regex((await checkMemory({ ...guest, memoryMiB })) ?? '', /may come to use .* are free/);
  await t.throwsAsync(checkMemory({ ...guest, nodes: 2, memoryMiB: 50_000_000 }), {
    code: 'NOT_ENOUGH_MEMORY',
    message: /needs 95\.4 TiB of memory \(2 x 50000000M\); .* of the host's .* are free/,
  });
});

test('everything that is published gets a host port of its own; a pinned one is kept', async (t) => {
  const { server, port } = await listen();
  await new Promise((resolve) => server.close(resolve));
  const ports = await choosePorts(new FakeDocker(), 2, { '6443/tcp': port });
  t.deepEqual(
    Object.keys(ports).sort(),
    publishedPorts(2)
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
  await t.throwsAsync(choosePorts(docker, 1, { '6443/tcp': port }), {
    code: 'PORT_TAKEN',
    message: new RegExp(`${port}/tcp, asked for 6443/tcp, is taken by .*pid ${process.pid}`),
  });
  docker.addImage('image');
  const ports = [{ containerPort: 80, protocol: 'tcp' as const, hostPort: port }];
  const isolated = { labels: {}, network: 'bridge', capabilities: [], noNewPrivileges: true };
  await docker.containers.create({ name: 'web', image: 'image', ports, ...isolated });
  await t.throwsAsync(choosePorts(docker, 1, { '6443/tcp': port }), {
    message: /is taken by container web$/,
  });
});
