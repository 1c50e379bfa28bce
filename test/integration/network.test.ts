import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { Agent } from '../../gocli-ts/src/machine/agent.ts';
import { NODE_SUBNET } from '../../gocli-ts/src/network/addresses.ts';
import { renderDnsmasq, renderLinks, renderNat } from '../../gocli-ts/src/network/network-files.ts';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import type { ContainerSpec } from '../../gocli-ts/src/place/interface.ts';
import { systemClock } from '../../gocli-ts/src/shared/clock.ts';
import { outputOf } from '../helpers/cli.ts';
import { openSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

const LABELS = { 'io.gocli.test': `network-${process.pid}` };
const DAY_MS = 86_400_000;

let sandbox: Sandbox;
let image: string;

test.before('the tiny provider image', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker);
});

test.after.always('nothing stays', async () => {
  for (const { id } of await sandbox.docker.containers.list(LABELS))
    await sandbox.docker.containers.remove(id);
  await sandbox.close();
});

const soon = (): AbortSignal => AbortSignal.timeout(30_000);

/** A running rig: its name, and the container of one role or node. */
async function rig(t: ExecutionContext): Promise<{ name: string; idOf: (role: string) => Promise<string> }> {
  const name = sandbox.name();
  const started = await sandbox.run(image, name);
  t.is(started.exitCode, 0, outputOf(started));
  const idOf = async (role: string): Promise<string> => {
    const found = await sandbox.docker.containers.list({ [LABEL.cluster]: name, [LABEL.role]: role });
    return found[0]?.id ?? '';
  };
  return { name, idOf };
}

/** A container of the runner of which something is asked. */
async function container(
  network: string,
  entrypoint: string[],
  capabilities: string[] = [],
  more: Pick<ContainerSpec, 'mounts' | 'env'> = {},
): Promise<string> {
  return sandbox.docker.containers.create({
    name: `${sandbox.name()}-other`,
    image,
    labels: LABELS,
    network,
    capabilities,
    noNewPrivileges: true,
    devices: ['/dev/net/tun'],
    entrypoint,
    command: [],
    ...more,
  });
}

const NETWORK_CAPABILITIES = ['NET_ADMIN', 'NET_RAW', 'SETUID', 'SETGID', 'NET_BIND_SERVICE'];

/** What the program of a network container reads, for one node. */
function putNetworkFiles(id: string): Promise<void> {
  return sandbox.docker.containers.putFiles(id, '/', [
    { path: 'etc/gocli/links', content: renderLinks({ nodes: 1, subnet: NODE_SUBNET, qemuUid: 107 }) },
    { path: 'etc/gocli/nat.nft', content: renderNat({ nodes: 1, subnet: NODE_SUBNET, ports: [] }) },
    {
      path: 'etc/gocli/dnsmasq.conf',
      content: renderDnsmasq({ nodes: 1, subnet: NODE_SUBNET, networks: [NODE_SUBNET] }),
    },
  ]);
}

async function script(
  id: string,
  text: string,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return sandbox.docker.containers.exec(id, ['sh', '-c', text], { signal: soon() });
}

async function addressOf(id: string): Promise<string> {
  return (await script(id, 'hostname -i')).stdout.trim();
}

/** The first bytes that somebody who connects is told. */
async function greeting(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    const [data] = (await once(socket, 'data', { signal: soon() })) as [Buffer];
    return data.toString('latin1');
  } finally {
    socket.destroy();
  }
}

/** What a datagram is answered. It is sent until one is, since any of them, and any answer, may be lost. */
async function reply(address: string, port: number): Promise<string> {
  const socket = createSocket('udp4');
  const again = setInterval(() => {
    socket.send('who', port, address);
  }, 500);
  try {
    const [data] = (await once(socket, 'message', { signal: soon() })) as [Buffer];
    return data.toString('utf8').trim();
  } finally {
    clearInterval(again);
    socket.close();
  }
}

test.serial('the host reaches the ports of a cluster, other containers of the host reach none', async (t) => {
  const { name, idOf } = await rig(t);
  const network = await idOf('dnsmasq');
  const address = await addressOf(network);
  // A fork that takes its time answers, too: by default socat gives up half a second after the question.
  await script(network, 'socat -t5 UDP4-RECVFROM:31111,fork SYSTEM:"echo here" >/dev/null 2>&1 &');

  const other = await container('bridge', ['sleep', 'infinity']);
  await sandbox.docker.containers.start(other);
  // Registry, VNC, ssh and another port that goes on to the machine.
  for (const port of [5000, 5901, 2201, 80]) {
    const { stderr } = await script(other, `socat -u TCP:${address}:${port},connect-timeout=1 -`);
    t.regex(stderr, /timed out/, `port ${port}`);
  }
  const datagram = await script(other, `echo who | socat -T1 -t1 - UDP:${address}:31111`);
  t.is(datagram.stdout, '');

  const { stdout } = await sandbox.cli('ports', '--name', name, '-o', 'json');
  const { ports } = JSON.parse(stdout) as { ports: { name: string; hostPort: number }[] };
  const hostPort = (port: string): number => ports.find((one) => one.name === port)?.hostPort ?? 0;
  t.is((await fetch(`http://127.0.0.1:${hostPort('registry')}/v2/`, { signal: soon() })).status, 200);
  t.is((await fetch(`http://127.0.0.1:${hostPort('http')}/counter`, { signal: soon() })).status, 200);
  t.is((await fetch(`http://${address}:5000/v2/`, { signal: soon() })).status, 200);
  t.regex(await greeting(hostPort('vnc')), /^RFB/);
  t.is(await reply(address, 31111), 'here');

  // Machines reach what they ask, which a container of the host may be.
  await script(other, 'socat TCP-LISTEN:8080,fork SYSTEM:"echo out" >/dev/null 2>&1 &');
  const out = `sh -c 'nc -w 5 ${await addressOf(other)} 8080 </dev/null >/run/www/out'`;
  await using agent = await Agent.open(sandbox.docker, await idOf('node'), 'node01', soon());
  await agent.execute('guest-exec', { path: '/bin/sh', arg: ['-c', out] }, soon());
  let answered = '';
  for (const until = Date.now() + 20_000; answered === '' && Date.now() < until;)
    answered = await fetch(`http://127.0.0.1:${hostPort('http')}/out`, { signal: soon() }).then((answer) =>
      answer.ok ? answer.text() : '',
    );
  t.is(answered.trim(), 'out');
});

test.serial(
  'without a gateway, whose address the host would have, the rest works and the log warns',
  async (t) => {
    const { containers } = sandbox.docker;
    const id = await container('none', ['/usr/lib/gocli/network'], NETWORK_CAPABILITIES);
    await putNetworkFiles(id);
    await containers.start(id);
    const made = await script(id, 'until [ -e /sys/class/net/tap01 ]; do sleep 0.1; done; cat /proc/1/comm');
    t.is(made.stdout.trim(), 'network');
    t.regex(await containers.logs(id), /eth0 has no gateway\n.*warning: other containers/);
  },
);

/**
 * A network container without a way out that may follow the resolvers of a folder, and what writes these down.
 * @param first what is there when it starts: nothing is that of a host without a network
 * @param resolvers what is there soon
 */
async function follower(
  t: ExecutionContext,
  resolvers: string,
  first = '',
): Promise<{
  id: string;
  write: (text: string) => Promise<void>;
  until: (address: string) => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-resolvers-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const write = async (text: string): Promise<void> => {
    await writeFile(join(folder, 'new'), text);
    await rename(join(folder, 'new'), join(folder, 'resolv.conf'));
  };
  await write(first);
  const id = await container('none', ['/usr/lib/gocli/network'], NETWORK_CAPABILITIES, {
    mounts: [{ type: 'bind', source: folder, target: '/run/host-resolvers', readOnly: true }],
    env: ['GOCLI_RESOLVERS=/run/host-resolvers/resolv.conf'],
  });
  await putNetworkFiles(id);
  await sandbox.docker.containers.start(id);
  const logged = async (is: () => Promise<boolean>): Promise<void> => {
    for (const limit = Date.now() + 10_000; !(await is()) && Date.now() < limit;) await delay(250);
    t.true(await is(), await sandbox.docker.containers.logs(id));
  };
  await logged(async () => /resolv\.conf/.test(await sandbox.docker.containers.logs(id)));
  await write(resolvers);
  return { id, write, until: (address) => logged(async () => (await usedBy(id)).includes(address)) };
}

/** Resolvers that the dnsmasq of a network container says it asks. */
async function usedBy(id: string): Promise<(string | undefined)[]> {
  const log = await sandbox.docker.containers.logs(id);
  return [...log.matchAll(/using nameserver (\S+)#53/g)].map(([, address]) => address);
}

const QUESTIONS = { A: 1, AAAA: 28 };
const NO_SUCH_NAME = 3;

/** What the cluster's resolver answers in time: its code, and its answers as bytes (RFC 1035, 4.1). */
async function resolve(
  id: string,
  name: string,
  type: keyof typeof QUESTIONS,
): Promise<{ code: number; answers: number; bytes: string } | undefined> {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const header = Buffer.from([7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const question = Buffer.concat([header, ...labels, Buffer.from([0, 0, QUESTIONS[type], 0, 1])]);
  const { stdout } = await script(
    id,
    `echo ${question.toString('base64')} | base64 -d | socat -T2 -t2 - UDP:192.168.66.2:53 | base64 -w0`,
  );
  const answer = Buffer.from(stdout, 'base64');
  if (answer.length < 12) return undefined;
  return { code: answer.readUInt8(3) & 15, answers: answer.readUInt16BE(6), bytes: answer.toString('hex') };
}

test.serial('other resolvers of the host are the resolvers of the cluster within ten seconds', async (t) => {
  const resolvers = 'nameserver 127.0.0.53\nnameserver fe80::1\nnameserver 192.0.2.1\n';
  const { id, write, until } = await follower(t, resolvers);
  await until('192.0.2.1');
  // Not every program ends the last line.
  await write('nameserver 192.0.2.2');
  await until('192.0.2.2');
  t.false((await usedBy(id)).some((address) => address?.startsWith('127.')));
});

test.serial('those of a host whose daemon was told others are left alone', async (t) => {
  const { id } = await follower(t, 'nameserver 192.0.2.2\n', 'nameserver 192.0.2.1\n');
  await delay(9000);
  t.false((await usedBy(id)).some((address) => address?.startsWith('192.0.2.')));
});

test.serial('what other resolvers say counts at once, whatever the ones before said', async (t) => {
  const { id, write, until } = await follower(t, 'nameserver 192.0.2.1\n');
  const server = 'dnsmasq -C /dev/null --pid-file= --user=nobody --no-hosts --no-resolv --bind-interfaces';
  const started = await script(
    id,
    `ip address add 192.0.2.1/32 dev lo; ip address add 192.0.2.2/32 dev lo
${server} --listen-address=192.0.2.1 --auth-server=a.invalid,192.0.2.1 --auth-zone=example --auth-ttl=3600
${server} --listen-address=192.0.2.2 --address=/moved.example/192.0.2.9`,
  );
  t.is(started.exitCode, 0, started.stderr);
  await until('192.0.2.1');
  // It may be remembered for an hour that there is none.
  t.is((await resolve(id, 'moved.example', 'A'))?.code, NO_SUCH_NAME);
  await write('nameserver 192.0.2.2\n');
  await until('192.0.2.2');
  t.like(await resolve(id, 'moved.example', 'A'), { code: 0, answers: 1 });
  t.regex((await resolve(id, 'moved.example', 'A'))?.bytes ?? '', /c0000209$/);
});

test.serial(
  'a dead resolver slows no name of the cluster, not that it has no IPv6 address either',
  async (t) => {
    const { id, until } = await follower(t, 'nameserver 192.0.2.1\n');
    const dead = 'ip address add 192.0.2.1/32 dev lo; socat -u UDP-RECV:53,bind=192.0.2.1 /dev/null 2>&1 &';
    await script(id, dead);
    await until('192.0.2.1');
    t.is(await resolve(id, 'elsewhere.example', 'A'), undefined);
    for (const name of ['registry', 'node01']) {
      t.like(await resolve(id, name, 'A'), { code: 0, answers: 1 }, name);
      t.like(await resolve(id, name, 'AAAA'), { code: 0, answers: 0 }, name);
    }
  },
);

test.serial('much passes both ways where the way out is narrow and no ICMP message says so', async (t) => {
  const { name, idOf } = await rig(t);
  const network = await idOf('dnsmasq');
  const other = await container('bridge', ['sleep', 'infinity'], ['NET_ADMIN']);
  await sandbox.docker.containers.start(other);
  // One segment is one packet, as on a wire: what is segmented later passes a veth of any MTU.
  await script(other, 'ip link set dev eth0 gso_max_segs 1');
  const narrow = await script(
    network,
    'ip link set dev eth0 mtu 1280 && nft add table ip narrow && nft "add chain ip narrow out { type filter hook output priority 0; }" && nft add rule ip narrow out icmp type destination-unreachable drop',
  );
  t.is(narrow.exitCode, 0, narrow.stderr);
  await script(other, `head -c ${MUCH} /dev/zero | socat -u - TCP-LISTEN:8080 >/dev/null 2>&1 &`);
  await script(other, 'socat -u TCP-LISTEN:8081 - 2>/dev/null | wc -c >/tmp/got &');
  const address = await addressOf(other);
  const commands = `nc -w 10 ${address} 8080 </dev/null | wc -c >/run/www/in &
head -c ${MUCH} /dev/zero | nc -w 10 ${address} 8081`;
  await using agent = await Agent.open(sandbox.docker, await idOf('node'), 'node01', soon());
  await agent.execute('guest-exec', { path: '/bin/sh', arg: ['-c', commands] }, soon());
  const { stdout } = await sandbox.cli('ports', 'http', '--name', name);
  const got = async (): Promise<string[]> => [
    await fetch(`http://127.0.0.1:${stdout.trim()}/in`, { signal: soon() }).then((answer) => answer.text()),
    (await script(other, 'cat /tmp/got')).stdout,
  ];
  for (const until = Date.now() + 25_000; !(await got()).every(isMuch) && Date.now() < until;)
    await delay(500);
  t.deepEqual((await got()).map(isMuch), [true, true], (await got()).join());
});

/** Bytes: more than is sent before the other end has answered once. */
const MUCH = 300_000;
const isMuch = (text: string): boolean => text.trim() === String(MUCH);

test.serial('the network container has the time of the host for the machines', async (t) => {
  const { idOf } = await rig(t);
  // The machine has no client of its own. What the namespace asks itself must not be masqueraded then.
  const question = 'nft flush chain ip gocli postrouting; chronyd -Q -t 10';
  const asked = await script(await idOf('dnsmasq'), `${question} 'server 192.168.66.2 iburst' 2>&1`);
  t.regex(asked.stdout, /System clock wrong by -?0\.0/);
});

test.serial(
  'in another network all addresses are of that one, and a port of each node is published by name',
  async (t) => {
    const name = sandbox.name();
    const published = ['--publish', '80@node01', '--publish', '80@node02', '--nodes', '2'];
    const flags = ['--network', '198.51.100.0/24', ...published, '--no-template'];
    const started = await sandbox.run(image, name, ...flags);
    t.is(started.exitCode, 0, outputOf(started));
    /** Whether port 80 of a node answers within a time, by the port of this host that is published for it. */
    const answers = async (node: string, ms = 20_000): Promise<boolean> => {
      const { stdout } = await sandbox.cli('ports', `${node}:80`, '--name', name);
      const page = `http://127.0.0.1:${stdout.trim()}/counter`;
      for (const until = Date.now() + ms; Date.now() < until;) {
        const answer = await fetch(page, { signal: AbortSignal.timeout(ms) }).catch(() => undefined);
        if (answer?.status === 200) return true;
      }
      return false;
    };
    t.true(await answers('node01'));
    t.true(await answers('node02'));
    const [network] = await sandbox.docker.containers.list({
      [LABEL.cluster]: name,
      [LABEL.role]: 'dnsmasq',
    });
    const id = network?.id ?? '';
    t.regex((await script(id, 'cat /run/dnsmasq.leases')).stdout, / 198\.51\.100\.101 node01 /);
    await script(id, 'ip link set dev tap02 down');
    t.deepEqual([await answers('node01'), await answers('node02', 2000)], [true, false]);
    const asked = await script(
      id,
      "nft flush chain ip gocli postrouting; chronyd -Q -t 10 'server 198.51.100.2 iburst' 2>&1",
    );
    t.regex(asked.stdout, /System clock wrong by -?0\.0/);
  },
);

test.serial(
  'status says how far the clock of a machine is off, and waits for no agent for long',
  async (t) => {
    const { name, idOf } = await rig(t);
    const offset = async (): Promise<number | null | undefined> => {
      const { stdout, exitCode, stderr } = await sandbox.cli('status', name, '-o', 'json');
      t.is(exitCode, 0, stderr);
      const { clocks } = JSON.parse(stdout) as { clocks: { node: string; offsetMs: number | null }[] };
      return clocks[0]?.offsetMs;
    };
    t.true(Math.abs((await offset()) ?? DAY_MS) < 5000);
    const node = await idOf('node');
    const agent = await Agent.open(sandbox.docker, node, 'node01', soon());
    await agent
      .execute('guest-set-time', { time: (systemClock.now() + DAY_MS) * 1_000_000 }, soon())
      .catch(() => undefined);
    // While somebody else speaks with it, it answers nobody.
    t.is(await offset(), null);
    await agent[Symbol.asyncDispose]();
    t.true(Math.abs(((await offset()) ?? 0) - DAY_MS) < 5000);
    t.regex((await sandbox.cli('status', name)).stdout, /clock of node01 +\d+ min \d+ s ahead of the host/);
  },
);
