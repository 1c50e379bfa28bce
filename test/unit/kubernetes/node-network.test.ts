import { execFileSync } from 'node:child_process';
import test from 'ava';
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
  t.is(cni.plugins[1]?.['type'], 'portmap');
});

test('what annotations say of bandwidth reaches the plugin for it, which comes last', (t) => {
  const cni = JSON.parse(renderCni(NETWORK)) as { plugins: Record<string, unknown>[] };
  t.deepEqual(cni.plugins.at(-1), { type: 'bandwidth', capabilities: { bandwidth: true } });
});

test('on a node of before, which has no such plugin, it is taken out', (t) => {
  const [, expression = ''] = /sed -i '([^']+)'/.exec(networkSetUp(NETWORK).script) ?? [];
  const left = execFileSync('sed', [expression], { input: renderCni(NETWORK), encoding: 'utf8' });
  const { plugins } = JSON.parse(left) as { plugins: Record<string, unknown>[] };
  t.deepEqual(
    plugins.map(({ type }) => type),
    ['bridge', 'portmap'],
  );
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

test('the script is given its three files', (t) => {
  const files = [renderCni(NETWORK), renderPodRoutes(NETWORK), renderNodeRules(NETWORK)];
  const input = networkSetUp(NETWORK).stdin;
  for (const text of files) t.true(input.includes(Buffer.from(text).toString('base64')));
  t.is(input.trimEnd().split('\n').length, 3);
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
