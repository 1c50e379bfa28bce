import test from 'ava';
import { containerOptions } from '../../../../gocli-ts/src/place/docker/container-options.ts';
import type { ContainerSpec } from '../../../../gocli-ts/src/place/interface.ts';

const MINIMUM: ContainerSpec = {
  name: 'one',
  image: 'sha256:abc',
  labels: { a: 'b' },
  network: 'none',
  capabilities: [],
  noNewPrivileges: true,
};

test('the least a container gets: nothing', (t) => {
  const { HostConfig, ...options } = containerOptions(MINIMUM);
  t.deepEqual(options, { name: 'one', Image: 'sha256:abc', Labels: { a: 'b' }, ExposedPorts: {} });
  t.like(HostConfig, {
    NetworkMode: 'none',
    CapDrop: ['ALL'],
    CapAdd: [],
    SecurityOpt: ['no-new-privileges'],
    Devices: [],
    PortBindings: {},
    Mounts: [],
  });
  t.false('Privileged' in (HostConfig ?? {}));
});

test('ports are bound to loopback; 0 leaves the choice to the daemon', (t) => {
  const ports = [
    { containerPort: 6443, protocol: 'tcp', hostPort: 36443 },
    { containerPort: 31111, protocol: 'udp', hostPort: 0 },
  ] as const;
  const options = containerOptions({ ...MINIMUM, ports });
  t.deepEqual(options.ExposedPorts, { '6443/tcp': {}, '31111/udp': {} });
  t.deepEqual(options.HostConfig?.PortBindings, {
    '6443/tcp': [{ HostIp: '127.0.0.1', HostPort: '36443' }],
    '31111/udp': [{ HostIp: '127.0.0.1', HostPort: '' }],
  });
});

test('a folder of the host is read under SELinux, too', (t) => {
  const mounts = [{ type: 'bind', source: '/run/systemd/resolve', target: '/r', readOnly: true }] as const;
  t.deepEqual(containerOptions({ ...MINIMUM, mounts }).HostConfig?.SecurityOpt, [
    'no-new-privileges',
    'label=disable',
  ]);
});

test('everything that is asked for is there', (t) => {
  const options = containerOptions({
    ...MINIMUM,
    hostname: 'h',
    entrypoint: ['/e'],
    command: ['c', 'd'],
    env: ['X=1'],
    user: '107:107',
    capabilities: ['SYS_ADMIN'],
    noNewPrivileges: false,
    unconfined: true,
    devices: ['/dev/net/tun'],
    sysctls: { 'net.ipv4.ip_forward': '1' },
    groups: ['104'],
    extraHosts: ['registry:192.168.66.2'],
    readOnlyRootfs: true,
    mounts: [
      { type: 'volume', source: 'v', target: '/v' },
      { type: 'bind', source: '/b', target: '/c', readOnly: true },
      { type: 'tmpfs', target: '/t' },
    ],
  });
  t.like(options, { Hostname: 'h', Entrypoint: ['/e'], Cmd: ['c', 'd'], Env: ['X=1'], User: '107:107' });
  t.like(options.HostConfig, {
    CapDrop: ['ALL'],
    CapAdd: ['SYS_ADMIN'],
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
    Devices: [{ PathOnHost: '/dev/net/tun', PathInContainer: '/dev/net/tun', CgroupPermissions: 'rwm' }],
    Sysctls: { 'net.ipv4.ip_forward': '1' },
    GroupAdd: ['104'],
    ExtraHosts: ['registry:192.168.66.2'],
    ReadonlyRootfs: true,
  });
  const mounts = options.HostConfig?.Mounts?.map(({ Type, Target, ReadOnly }) => [Type, Target, ReadOnly]);
  t.deepEqual(mounts, [
    ['volume', '/v', false],
    ['bind', '/c', true],
    ['tmpfs', '/t', false],
  ]);
});
