import { readFileSync } from 'node:fs';
import test from 'ava';
import {
  gatewayAddress,
  NODE_SUBNET,
  nodeAddress,
  nodeMac,
  nodeName,
  sshPort,
  tapName,
  vncPort,
} from '../../../gocli-ts/src/network/addresses.ts';
import {
  renderChrony,
  renderDnsmasq,
  renderLinks,
  renderNat,
} from '../../../gocli-ts/src/network/network-files.ts';
import { flagOf, OPTIONS } from '../../../gocli-ts/src/api/options.ts';
import { PORTS } from '../../../gocli-ts/src/kubernetes/ports.ts';
import { publishedPorts } from '../../../gocli-ts/src/network/ports.ts';
import { CHECKOUT } from '../../helpers/cli.ts';

const subnet = NODE_SUBNET;
const networks = [subnet, '10.244.0.0/16', '10.96.0.0/12'];
const one = { nodes: 1, subnet, networks, ports: PORTS, qemuUid: 107 };
const three = { nodes: 3, subnet, networks, ports: PORTS, qemuUid: 0 };

test('names and addresses are those of kubevirtci', (t) => {
  t.deepEqual(
    [nodeName(1), nodeAddress(1, subnet), nodeMac(1), tapName(1), sshPort(1), vncPort(1)],
    ['node01', '192.168.66.101', '52:55:00:d1:55:01', 'tap01', 2201, 5901],
  );
  t.deepEqual(
    [nodeName(99), nodeAddress(99, subnet), nodeMac(99)],
    ['node99', '192.168.66.199', '52:55:00:d1:55:99'],
  );
});

test('one tap per node, owned by the user qemu runs as', (t) => {
  t.deepEqual(renderLinks(one).trimEnd().split('\n'), [
    'link add name br0 address 52:55:00:d1:55:00 type bridge',
    'address add 192.168.66.2/24 dev br0',
    'link set dev br0 up',
    'tuntap add dev tap01 mode tap user 107',
    'link set dev tap01 master br0 up',
  ]);
  const taps = [...renderLinks(three).matchAll(/^tuntap add dev (tap\d\d) mode tap user 0$/gm)].map(
    ([, tap]) => tap,
  );
  t.deepEqual(taps, ['tap01', 'tap02', 'tap03']);
});

test('published ports are forwarded once each: ssh to its own node, named ports to node01', (t) => {
  const rules = [...renderNat(three).matchAll(/iifname "eth0" (tcp|udp) dport (\d+) dnat to (\S+)/g)].map(
    ([, protocol, port, target]) => [`${String(port)}/${String(protocol)}`, target],
  );
  const map = new Map(rules as [string, string][]);
  t.is(map.size, rules.length);
  t.is(map.get('2201/tcp'), '192.168.66.101:22');
  t.is(map.get('2203/tcp'), '192.168.66.103:22');
  t.is(map.get('6443/tcp'), '192.168.66.101:6443');
  t.is(map.get('443/tcp'), '192.168.66.101:443');
  t.is(map.get('31111/udp'), '192.168.66.101:31111');
  // The registry and VNC listen in the namespace itself.
  t.false(map.has('5000/tcp'));
  t.false(map.has('5901/tcp'));
});

test('towards the bridge only what came through a published port is masqueraded', (t) => {
  const masquerades = renderNat(one)
    .split('\n')
    .filter((line) => line.includes('masquerade'));
  t.deepEqual(
    masquerades.map((line) => line.trim()),
    [
      'ip saddr 192.168.66.0/24 oifname != "br0" masquerade',
      'ip saddr != 192.168.66.0/24 oifname "br0" ct status dnat masquerade',
    ],
  );
});

test('no segment of TCP is larger than what fits through any way out of the host, in either direction', (t) => {
  const clamps = renderNat(one)
    .split('\n')
    .filter((line) => line.includes('maxseg'))
    .map((line) => line.trim());
  const rule = '"eth0" tcp flags & (syn | rst) == syn tcp option maxseg size set 1240';
  t.deepEqual(clamps, [`iifname ${rule}`, `oifname ${rule}`]);
});

test('names and addresses of the cluster are never asked of a resolver of the host, whatever is asked of them', (t) => {
  const local = renderDnsmasq(three)
    .split('\n')
    .flatMap((line) => /^local=\/(.*)\/$/.exec(line)?.[1]?.split('/') ?? []);
  const nets = ['66.168.192.in-addr.arpa', '244.10.in-addr.arpa'];
  const services = Array.from({ length: 16 }, (_, at) => `${96 + at}.10.in-addr.arpa`);
  const names = [...nets, ...services, 'gocli.internal', 'node01', 'node02', 'node03', 'registry'];
  t.deepEqual(local.sort(), names.sort());
});

test('brackets of the rules match', (t) => {
  let depth = 0;
  for (const character of renderNat(three)) {
    depth += character === '{' ? 1 : character === '}' ? -1 : 0;
    t.true(depth >= 0);
  }
  t.is(depth, 0);
});

test('every node has a lease for good and a name that does not depend on it', (t) => {
  const lines = renderDnsmasq(three).trimEnd().split('\n');
  for (const index of [1, 2, 3]) {
    t.true(
      lines.includes(
        `dhcp-host=${nodeMac(index)},52:56:*:*:*:0${index},${nodeAddress(index, subnet)},${nodeName(index)},infinite`,
      ),
    );
    t.true(lines.includes(`host-record=${nodeName(index)},${nodeAddress(index, subnet)}`));
  }
  t.true(lines.includes('host-record=registry,192.168.66.2'));
  t.true(lines.includes('interface=br0') && lines.includes('bind-interfaces'));
  t.is(lines.filter((line) => line.startsWith('dhcp-host=')).length, 3);
});

test('in another network everything has addresses of that one', (t) => {
  const moved = { ...three, subnet: '10.5.0.0/24', networks: ['10.5.0.0/24'] };
  t.deepEqual([gatewayAddress(moved.subnet), nodeAddress(2, moved.subnet)], ['10.5.0.2', '10.5.0.102']);
  const texts = [renderLinks(moved), renderNat(moved), renderDnsmasq(moved), renderChrony(moved.subnet)];
  for (const text of texts) t.notRegex(text, /192\.168|168\.192/);
  t.regex(renderLinks(moved), /address add 10\.5\.0\.2\/24 dev br0/);
  t.regex(renderNat(moved), /ip saddr 10\.5\.0\.0\/24 oifname != "br0" masquerade/);
  t.regex(renderNat(moved), /tcp dport 2203 dnat to 10\.5\.0\.103:22/);
  const dnsmasq = renderDnsmasq(moved).split('\n');
  for (const line of [
    'dhcp-range=10.5.0.10,10.5.0.200,infinite',
    'dhcp-option=option:dns-server,10.5.0.2',
    'host-record=registry,10.5.0.2',
    'local=/0.5.10.in-addr.arpa/',
  ])
    t.true(dnsmasq.includes(line), line);
});

test('the clock of the usual network is told as the file in the runner says', (t) => {
  const file = 'cluster-provision/runner/files/usr/lib/gocli/chrony.conf';
  const [, ...lines] = readFileSync(`${CHECKOUT}${file}`, 'utf8').split('\n');
  t.is(renderChrony(NODE_SUBNET), lines.join('\n'));
});

test('a port of another node goes there', (t) => {
  const info = {
    name: 'node03:80',
    port: 40_001,
    protocol: 'tcp',
    nodePort: 80,
    node: 3,
    meaning: '',
  } as const;
  t.regex(renderNat({ ...three, ports: [info] }), /tcp dport 40001 dnat to 192\.168\.66\.103:80\n/);
});

test('what is published: the named ports once each, and ssh of every node', (t) => {
  const keys = publishedPorts(3, PORTS).map(({ key }) => key);
  t.is(new Set(keys).size, keys.length);
  for (const { port, protocol } of PORTS) t.true(keys.includes(`${port}/${protocol}`));
  t.true(keys.includes('2202/tcp') && keys.includes('2203/tcp') && !keys.includes('2204/tcp'));
  t.is(publishedPorts(1, PORTS).length, keys.length - 2);
});

test('what pins a port is an option of run', (t) => {
  const pins = publishedPorts(2, PORTS).flatMap(({ pin }) => pin ?? []);
  t.true(pins.includes('--k8s-port PORT'));
  const flags = Object.keys(OPTIONS).map((key) => `${flagOf(key)} PORT`);
  t.deepEqual(
    pins.filter((pin) => !flags.includes(pin)),
    [],
  );
  t.is(pins.length, PORTS.filter((port) => 'pinnable' in port).length);
});
