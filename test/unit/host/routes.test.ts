import test from 'ava';
import {
  contains,
  hostNetwork,
  isOwnAddress,
  overlap,
  parseRoutes,
} from '../../../gocli-ts/src/host/routes.ts';

test('routes are read from the table of the kernel, without the default one', (t) => {
  const text = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   ',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0   ',
    'tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0   ',
    'wlan0\t0042A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0   ',
    'vpn\t0842A8C0\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0   ',
    'eth0\t0000A8C0\t010200C0\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0   ',
    'odd line',
    '',
  ].join('\n');
  t.deepEqual(parseRoutes(text), [
    { network: '10.0.0.0/8', device: 'tun0', direct: true },
    { network: '192.168.66.0/24', device: 'wlan0', direct: true },
    { network: '192.168.66.8/32', device: 'vpn', direct: true },
    { network: '192.168.0.0/16', device: 'eth0', direct: false },
  ]);
  t.deepEqual(parseRoutes(''), []);
});

test('networks overlap when one is a part of the other', (t) => {
  for (const [one, other, expected] of [
    ['10.0.0.0/8', '10.96.0.0/12', true],
    ['192.168.66.0/24', '192.168.66.8/32', true],
    ['192.168.66.0/24', '192.168.66.0/24', true],
    ['192.168.66.0/24', '192.168.67.0/24', false],
    ['10.96.0.0/12', '10.112.0.0/16', false],
    ['10.96.0.0/12', '10.111.255.0/24', true],
  ] as const) {
    t.is(overlap(one, other), expected, `${one} ${other}`);
    t.is(overlap(other, one), expected, `${other} ${one}`);
  }
});

test('a network contains its parts and itself, and nothing wider', (t) => {
  t.true(contains('10.0.0.0/8', '10.96.0.0/12') && contains('10.0.0.0/8', '10.0.0.0/8'));
  t.true(contains('10.0.0.0/8', '10.1.2.3'));
  t.false(contains('10.0.0.0/8', '10.0.0.0/7') || contains('10.0.0.0/8', '11.0.0.0/9'));
});

test('an address of loopback is one of this host', async (t) => {
  t.true(await isOwnAddress('127.0.0.1'));
  t.false(await isOwnAddress('203.0.113.77'));
});

test('addresses of this host are those of all interfaces but for loopback itself and the bridges of Docker', async (t) => {
  const at = (address: string, family: 'IPv4' | 'IPv6' = 'IPv4') => {
    const rest = { netmask: '', mac: '', internal: false, cidr: null };
    return family === 'IPv4' ? { ...rest, address, family } : { ...rest, address, family, scopeid: 0 };
  };
  const internal = (address: string) => ({ ...at(address), internal: true });
  const { addresses } = await hostNetwork({
    lo: [internal('127.0.0.1'), internal('192.168.66.9')],
    eth0: [at('192.0.2.2'), at('fe80::1', 'IPv6')],
    docker0: [at('172.17.0.1')],
    'br-0123456789ab': [at('172.18.0.1')],
    down: undefined,
  });
  t.deepEqual(addresses, ['192.168.66.9', '192.0.2.2']);
});
