import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { gocli, outputOf, type CliResult } from '../helpers/cli.ts';
import { PROVIDER, providerFolder } from '../helpers/provider.ts';

const clusters: string[] = [];
const snapshots: string[] = [];

function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
}

/** A plan that nothing else has a template of, and no user either. */
const OTHER_PLAN = ['--memory', '2999M'];

const kubectl = (name: string, ...argv: string[]): Promise<CliResult> =>
  gocli(['kubectl', '--name', name, ...argv]);

interface Started {
  readonly template: string | null;
  readonly thawed: boolean;
}

async function start(t: ExecutionContext, name: string, ...flags: string[]): Promise<Started> {
  clusters.push(name);
  const result = await gocli(['run', PROVIDER, '--name', name, '-o', 'json', ...flags]);
  ended(t, 0, result);
  return JSON.parse(result.stdout) as Started;
}

async function restarts(name: string): Promise<string> {
  const path = 'jsonpath={.items[*].status.containerStatuses[*].restartCount}';
  return (await kubectl(name, 'get', 'pods', '-A', '-o', path)).stdout;
}

interface HostProxy extends Disposable {
  readonly port: number;
  /** What it was asked to connect to. */
  readonly asked: readonly string[];
}

/** A proxy on this host, also at the address that guests know the host by, that lets nobody through. */
async function proxyOfHost(): Promise<HostProxy> {
  const asked: string[] = [];
  const server = createServer().on('connect', ({ url }: IncomingMessage, socket: Duplex) => {
    asked.push(url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await once(server.listen(0, '0.0.0.0'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    asked,
    [Symbol.dispose]: () => {
      server.close();
    },
  };
}

test.before('the provider is there', async (t) => {
  t.timeout(85 * 60_000);
  const built = await gocli(['provision', await providerFolder()]);
  ended(t, 0, built);
});

test.after.always('nothing stays', async () => {
  for (const name of clusters) await gocli(['rm', '--name', name]);
  for (const name of snapshots) await gocli(['snapshot', 'rm', name]);
});

test.serial('two clusters are thawed from one template, and pods start in both', async (t) => {
  t.timeout(20 * 60_000);
  await start(t, 'e2e-a');
  const [before, second] = [await restarts('e2e-a'), await start(t, 'e2e-b')];
  t.true(second.thawed);
  t.is(await restarts('e2e-b'), before, 'no pod was restarted by the thaw');
  for (const name of ['e2e-a', 'e2e-b']) {
    const clock = await gocli(['ssh', '--name', name, 'node01', '--', 'date', '+%s']);
    t.true(Math.abs(Number(clock.stdout) - Date.now() / 1000) < 3, 'the clock is right');
    const run = ['run', 'trial', '--image=localhost/busybox:1.37', '--restart=Never', '--'];
    // It ends when it is told to: a shutdown waits for what does not.
    ended(t, 0, await kubectl(name, ...run, 'sh', '-c', 'trap exit TERM; sleep 3600 & wait'));
  }
  for (const name of ['e2e-a', 'e2e-b']) {
    ended(t, 0, await kubectl(name, 'wait', '--for=condition=Ready', 'pod/trial', '--timeout=180s'));
    ended(t, 0, await gocli(['status', '--name', name]));
  }
});

test.serial('a thawed guest reboots, and its cluster comes back', async (t) => {
  t.timeout(20 * 60_000);
  const onNode = (...argv: string[]): Promise<CliResult> =>
    gocli(['ssh', '--name', 'e2e-b', 'node01', '--', ...argv]);
  const boot = async (): Promise<string> => (await onNode('cat', '/proc/sys/kernel/random/boot_id')).stdout;
  const before = await boot();
  await onNode('systemctl', 'reboot');
  const deadline = Date.now() + 10 * 60_000;
  let now = '';
  while (now === '' || now === before) {
    t.true(Date.now() < deadline, 'it does not come back');
    await delay(2000);
    now = await boot();
  }
  while ((await gocli(['status', '--name', 'e2e-b'])).exitCode !== 0) {
    t.true(Date.now() < deadline, outputOf(await gocli(['status', '--name', 'e2e-b'])));
    await delay(2000);
  }
  ended(t, 0, await gocli(['rm', '--name', 'e2e-b']));
});

test.serial('a snapshot holds pods and etcd; restore, fork, stop and start', async (t) => {
  t.timeout(20 * 60_000);
  const name = 'e2e-a';
  const count = 'i=0; while :; do i=$((i+1)); echo $i >/tmp/count; sleep 0.2; done';
  const run = ['run', 'counter', '--image=localhost/busybox:1.37', '--restart=Never', '--'];
  ended(t, 0, await kubectl(name, ...run, 'sh', '-c', count));
  ended(t, 0, await kubectl(name, 'wait', '--for=condition=Ready', 'pod/counter', '--timeout=180s'));
  const counted = async (cluster: string): Promise<number> =>
    Number((await kubectl(cluster, 'exec', 'counter', '--', 'cat', '/tmp/count')).stdout);
  ended(t, 0, await kubectl(name, 'create', 'configmap', 'before', '--from-literal=a=b'));
  snapshots.push('e2e-point');
  ended(t, 0, await gocli(['snapshot', 'create', 'e2e-point', '--name', name]));
  const atSnapshot = await counted(name);
  ended(t, 0, await kubectl(name, 'create', 'configmap', 'after', '--from-literal=a=b'));

  clusters.push('e2e-fork');
  ended(t, 0, await gocli(['run', '--snapshot', 'e2e-point', '--name', 'e2e-fork']));
  ended(t, 0, await kubectl('e2e-fork', 'get', 'configmap', 'before'));
  ended(t, 1, await kubectl('e2e-fork', 'get', 'configmap', 'after'));
  ended(t, 0, await kubectl(name, 'get', 'configmap', 'after'));
  t.true((await counted('e2e-fork')) > 0);
  ended(t, 0, await gocli(['rm', '--name', 'e2e-fork']));

  ended(t, 0, await gocli(['snapshot', 'restore', 'e2e-point']));
  ended(t, 0, await kubectl(name, 'get', 'configmap', 'before'));
  ended(t, 1, await kubectl(name, 'get', 'configmap', 'after'));
  t.true((await counted(name)) >= atSnapshot - 5);

  const beforeStop = await counted(name);
  ended(t, 0, await gocli(['stop', name]));
  ended(t, 8, await kubectl(name, 'get', 'nodes'));
  using proxy = await proxyOfHost();
  ended(t, 0, await gocli(['start', name], { env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } }));
  const pull = ['crictl', 'pull', 'outside.example/image:1'];
  t.not((await gocli(['ssh', '--name', name, 'node01', '--', ...pull])).exitCode, 0);
  t.true(proxy.asked.includes('outside.example:443'), 'containerd goes out through the proxy of the host');
  // It was started anew for that, and the kubelet connects to it again.
  for (const until = Date.now() + 60_000; (await counted(name)) < beforeStop && Date.now() < until;)
    await delay(500);
  t.true((await counted(name)) >= beforeStop, 'what was in the memory of a pod goes on');
  // Probes that met no containerd count against their pods for a while.
  for (const until = Date.now() + 180_000; Date.now() < until;) {
    if ((await gocli(['status', '--name', name])).exitCode === 0) break;
    await delay(2000);
  }
  ended(t, 0, await gocli(['status', '--name', name]));
  ended(t, 0, await gocli(['rm', '--name', name]));
});

test.serial(
  'two nodes: traffic, services and DNS between them; then one node of that template',
  async (t) => {
    t.timeout(30 * 60_000);
    const name = 'e2e-two';
    await start(t, name, '--nodes', '2', ...OTHER_PLAN);
    const ready = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}';
    t.is((await kubectl(name, 'get', 'nodes', '-o', ready)).stdout, 'True True');
    for (const node of ['node01', 'node02']) {
      const overrides = JSON.stringify({ apiVersion: 'v1', spec: { nodeName: node } });
      const run = ['run', node, '--image=localhost/busybox:1.37', '--restart=Never', '--port=80', '--expose'];
      const serve = `mkdir /w && echo served by ${node} >/w/index.html && httpd -f -h /w`;
      ended(t, 0, await kubectl(name, ...run, `--overrides=${overrides}`, '--', 'sh', '-c', serve));
    }
    for (const pod of ['node01', 'node02'])
      ended(t, 0, await kubectl(name, 'wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=180s'));
    for (const from of ['node01', 'node02']) {
      for (const to of ['node01', 'node02']) {
        const address = (await kubectl(name, 'get', 'pod', to, '-o', 'jsonpath={.status.podIP}')).stdout;
        for (const target of [address, `${to}.default.svc.cluster.local`]) {
          const answer = await kubectl(
            name,
            'exec',
            from,
            '--',
            'wget',
            '-qO-',
            '-T',
            '10',
            `http://${target}/`,
          );
          t.is(answer.stdout, `served by ${to}\n`, `${from} to ${to} by ${target}: ${outputOf(answer)}`);
        }
      }
    }
    ended(t, 0, await gocli(['rm', '--name', name]));
    t.true((await start(t, name, '--nodes', '2', ...OTHER_PLAN)).thawed);
    ended(t, 0, await gocli(['rm', '--name', name]));

    // Of this plan there is a template of two nodes only: one of its machines is enough.
    t.true((await start(t, 'e2e-one', '--nodes', '1', ...OTHER_PLAN)).thawed);
    t.is((await kubectl('e2e-one', 'get', 'nodes', '-o', 'name')).stdout, 'node/node01\n');
    const pods = await kubectl('e2e-one', 'get', 'pods', '-A', '-o', 'jsonpath={.items[*].spec.nodeName}');
    t.deepEqual([...new Set(pods.stdout.split(' '))], ['node01']);
    ended(t, 0, await gocli(['status', '--name', 'e2e-one']));
  },
);
