import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readIfThere } from '../../../gocli-ts/src/host/atomic-files.ts';
import {
  networkSetUp,
  podCidr,
  renderCni,
  renderNodeRules,
  renderPodRoutes,
} from '../../../gocli-ts/src/kubernetes/node-network.ts';

const NETWORK = {
  podSubnet: '10.244.0.0/16',
  serviceSubnet: '10.96.0.0/12',
  subnet: '192.168.66.0/24',
  index: 2,
  nodes: 3,
};

test('pods of a node get the /24 of its number, on a bridge', (t) => {
  t.is(podCidr('10.244.0.0/16', 1), '10.244.0.0/24');
  const cni = JSON.parse(renderCni(NETWORK)) as { plugins: Record<string, unknown>[] };
  t.like(cni.plugins[0], { type: 'bridge', ipam: { ranges: [[{ subnet: '10.244.1.0/24' }]] } });
});

test('what only some pods ask for is told to one plugin, which comes last', (t) => {
  const cni = JSON.parse(renderCni(NETWORK)) as { plugins: Record<string, unknown>[] };
  t.deepEqual(cni.plugins[1], {
    type: 'gocli-pod-options',
    capabilities: { portMappings: true, bandwidth: true },
    snat: true,
  });
  t.is(cni.plugins.length, 2);
});

/** What the plugin says, and what each of the others was given by it, in their order. */
interface Ran {
  readonly said: string;
  readonly exitCode: number | null;
  readonly given: readonly string[];
}

/** @param others what those are that there are, shell scripts which have what they are given in $config */
async function run(
  t: ExecutionContext,
  config: string,
  operation: string,
  others: Readonly<Record<string, string>> = {
    portmap: 'echo result of portmap',
    bandwidth: 'echo result of bandwidth',
  },
): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-cni-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const texts = networkSetUp(NETWORK)
    .stdin.split('\n')
    .map((line) => line.split(' '));
  const [, text = ''] = texts.find(([path]) => path === '/opt/cni/bin/gocli-pod-options') ?? [];
  const script = Buffer.from(text, 'base64').toString().replaceAll('/opt/cni/bin/', `${folder}/`);
  await writeFile(join(folder, 'plugin'), script);
  for (const [name, does] of Object.entries(others)) {
    const other = `#!/bin/sh\nconfig=$(cat)\nprintf '%s\\n' "${name}: $config" >>${folder}/given\n${does}\n`;
    await writeFile(join(folder, name), other, { mode: 0o755 });
  }
  const env = { ...process.env, CNI_COMMAND: operation };
  const { stdout, status } = spawnSync('sh', [join(folder, 'plugin')], {
    input: config,
    encoding: 'utf8',
    env,
  });
  const given = ((await readIfThere(join(folder, 'given'))) ?? '').split('\n').filter((line) => line !== '');
  return { said: stdout, exitCode: status, given };
}

const CONF = {
  capabilities: { bandwidth: true, portMappings: true },
  cniVersion: '1.0.0',
  name: 'a $x `y` \\"',
};
const RESULT = { cniVersion: '1.0.0', dns: {}, ips: [{ address: '10.244.0.5/24' }] };
/** As libcni has it of a pod that asks for neither: its keys are sorted. */
const PLAIN = JSON.stringify({ ...CONF, prevResult: RESULT, snat: true, type: 'gocli-pod-options' });
const ASKING = JSON.stringify({
  ...CONF,
  prevResult: RESULT,
  runtimeConfig: { portMappings: [{ hostPort: 80 }] },
  snat: true,
  type: 'gocli-pod-options',
});

test('limits of bandwidth act after a tenth of a second, not after hundreds of megabytes', async (t) => {
  const limited = (...numbers: number[]): string => {
    const [IngressRate, IngressBurst, EgressRate, EgressBurst] = numbers;
    const bandwidth = { IngressRate, IngressBurst, EgressRate, EgressBurst };
    return JSON.stringify({ ...CONF, runtimeConfig: { bandwidth }, snat: true, type: 'gocli-pod-options' });
  };
  const most = 4_294_967_295;
  for (const [before, after] of [
    [
      [1_000_000, most, 8_000_000, most],
      [1_000_000, 524_288, 8_000_000, 800_000],
    ],
    [
      [10_000_000, most, 0, 0],
      [10_000_000, 1_000_000, 0, 0],
    ],
    [
      [0, 0, 1e12, most],
      [0, 0, 1e12, 4e9],
    ],
    [
      [0, most, 1000, 5000],
      [0, most, 1000, 5000],
    ],
  ] as const)
    for (const operation of ['ADD', 'DEL']) {
      const { given } = await run(t, limited(...before), operation);
      t.true(given.includes(`bandwidth: ${limited(...after)}`), given.join('\n'));
    }
});

test('for a pod that asks for nothing no further program is started, and the result is that of the plugin before', async (t) => {
  t.deepEqual(await run(t, PLAIN, 'ADD'), { said: `${JSON.stringify(RESULT)}\n`, exitCode: 0, given: [] });
});

test('all else is told to both plugins, and what was set up last is taken down first', async (t) => {
  for (const [operation, config] of [
    ['ADD', ASKING],
    ['ADD', JSON.stringify({ ...CONF, type: 'gocli-pod-options', prevResult: RESULT })],
    ['CHECK', PLAIN],
    ['VERSION', ''],
  ] as const)
    t.deepEqual(
      await run(t, config, operation),
      { said: 'result of bandwidth\n', exitCode: 0, given: [`portmap: ${config}`, `bandwidth: ${config}`] },
      operation,
    );
  t.deepEqual(await run(t, PLAIN, 'DEL'), {
    said: 'result of portmap\n',
    exitCode: 0,
    given: [`bandwidth: ${PLAIN}`, `portmap: ${PLAIN}`],
  });
});

test('what either of the two complains of is told, with its code', async (t) => {
  const complains = 'echo "{ \\"msg\\": \\"no chain\\" }"; exit 3';
  const told = { said: '{ "msg": "no chain" }\n', exitCode: 3 };
  t.deepEqual(await run(t, ASKING, 'ADD', { portmap: complains, bandwidth: 'echo fine' }), {
    ...told,
    given: [`portmap: ${ASKING}`],
  });
  t.deepEqual(await run(t, ASKING, 'ADD', { portmap: 'echo fine', bandwidth: complains }), {
    ...told,
    given: [`portmap: ${ASKING}`, `bandwidth: ${ASKING}`],
  });
});

test('a node of before, which has no plugin for bandwidth, does with that for ports', async (t) => {
  for (const operation of ['ADD', 'DEL'])
    t.deepEqual(await run(t, ASKING, operation, { portmap: 'echo result of portmap' }), {
      said: 'result of portmap\n',
      exitCode: 0,
      given: [`portmap: ${ASKING}`],
    });
});

test('a node has a route to the pods of every other node', (t) => {
  t.is(
    renderPodRoutes(NETWORK),
    '[Route]\nDestination=10.244.0.0/24\nGateway=192.168.66.101\n\n' +
      '[Route]\nDestination=10.244.2.0/24\nGateway=192.168.66.103\n',
  );
  t.is(renderPodRoutes({ ...NETWORK, index: 1, nodes: 1 }), '');
});

test('the service address of the API leads to the control plane before kube-proxy runs', (t) => {
  const rules = renderNodeRules(NETWORK);
  t.is(rules.match(/ip daddr 10\.96\.0\.1 tcp dport 443 dnat to 192\.168\.66\.101:6443/g)?.length, 2);
  t.regex(rules, /hook prerouting priority -101[\s\S]*hook output priority -101/);
});

test('what goes to a service does not leave the cluster before kube-proxy runs', (t) => {
  const rules = renderNodeRules(NETWORK);
  for (const hook of ['forward', 'output'])
    t.regex(
      rules,
      new RegExp(
        `type filter hook ${hook} priority 0;\\s+oifname "eth0" ip daddr 10\\.96\\.0\\.0/12 reject\\n`,
      ),
    );
});

test('what goes to a NodePort at 127.0.0.1 has the address of this node while kube-proxy sees it', (t) => {
  const rules = renderNodeRules(NETWORK);
  t.regex(
    rules,
    /hook output priority raw;\s+ip saddr 127\.0\.0\.1 [^\n]*30000-32767 [^\n]*ip saddr set 192\.168\.66\.102 ip daddr set 192\.168\.66\.102\n/,
  );
  t.regex(rules, /ct direction reply [^\n]*ip saddr set 127\.0\.0\.1 ip daddr set 127\.0\.0\.1\n/);
});

test('pods see the real addresses of each other, and leave the cluster with that of their node', (t) => {
  t.regex(
    renderNodeRules(NETWORK),
    /ip saddr 10\.244\.0\.0\/16 ip daddr != 10\.244\.0\.0\/16 oifname "eth0" masquerade/,
  );
});

test('the script is given its files', (t) => {
  const files = [renderCni(NETWORK), renderPodRoutes(NETWORK), renderNodeRules(NETWORK)];
  const input = networkSetUp(NETWORK).stdin;
  for (const text of files) t.true(input.includes(Buffer.from(text).toString('base64')));
  t.is(input.trimEnd().split('\n').length, files.length + 1);
});

test('in another network of nodes the node asks its gateway for names and time, and routes follow', (t) => {
  const moved = { ...NETWORK, subnet: '10.5.0.0/24' };
  const { script, stdin } = networkSetUp(moved);
  const files = Object.fromEntries(
    stdin
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [path = '', text = ''] = line.split(' ');
        return [path, Buffer.from(text, 'base64').toString()];
      }),
  );
  for (const text of Object.values(files)) t.notRegex(text, /192\.168/);
  t.is(files['/etc/resolv.conf'], 'nameserver 10.5.0.2\n');
  t.regex(files['/etc/systemd/timesyncd.conf.d/20-gocli.conf'] ?? '', /NTP=\nNTP=10\.5\.0\.2\n/);
  t.regex(files['/etc/systemd/network/10-eth0.network.d/pods.conf'] ?? '', /Gateway=10\.5\.0\.101/);
  t.regex(script, /try-restart systemd-timesyncd$/);
  t.notRegex(networkSetUp(NETWORK).script, /timesyncd/);
});
