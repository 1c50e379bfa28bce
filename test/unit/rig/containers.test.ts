import test from 'ava';
import fc from 'fast-check';
import {
  networkContainer,
  networkFiles,
  registryContainer,
} from '../../../gocli-ts/src/rig/container-specs.ts';
import { machineSpec, nodeContainer, type Origin } from '../../../gocli-ts/src/rig/machines.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { qemuArguments } from '../../../gocli-ts/src/machine/arguments.ts';
import { PORTS } from '../../../gocli-ts/src/kubernetes/ports.ts';
import { publishedPorts } from '../../../gocli-ts/src/network/ports.ts';
import { layoutOf, stateOf } from '../../helpers/engine.ts';

const { plan } = stateOf();
const LAYOUT = layoutOf({
  plan: { ...plan, guest: { ...plan.guest, nodes: 2 } },
  ports: { '6443/tcp': 6443, '31111/udp': 31111 },
  portInfos: PORTS,
});
const BOOT = { kind: 'boot' } as const;
const MACHINE = {
  bootId: 'b',
  state: { bytes: 1, sha256: 'aa' },
  ram: { bytes: 3, sha256: 'bb', blocks: 4 },
};
const all = [
  networkContainer(LAYOUT),
  registryContainer(LAYOUT, 'net'),
  nodeContainer(LAYOUT, 2, 'net', BOOT),
];

test('every container is of the one image, carries the labels of its run and no new privileges', (t) => {
  for (const spec of all) {
    t.is(spec.image, 'sha256:1');
    t.true(spec.noNewPrivileges);
    t.like(spec.labels, {
      [LABEL.cluster]: 'c',
      [LABEL.run]: 'run1',
      [LABEL.provider]: 'vm-1',
      [LABEL.version]: '0.1.0',
    });
  }
  t.deepEqual(
    all.map(({ name }) => name),
    ['c-dnsmasq', 'c-registry', 'c-node02'],
  );
  t.deepEqual(
    all.map(({ labels }) => labels[LABEL.role]),
    ['dnsmasq', 'registry', 'node'],
  );
  t.deepEqual(
    all.map(({ labels }) => labels[LABEL.node]),
    [undefined, undefined, 'node02'],
  );
});

test('only the network container has capabilities, and only those that were measured', (t) => {
  t.deepEqual(
    all.map(({ capabilities }) => capabilities.length),
    [5, 0, 0],
  );
  t.false(all[0]?.capabilities.includes('SYS_ADMIN'));
  t.deepEqual(
    all.map(({ unconfined = false }) => unconfined),
    [false, false, false],
  );
});

test('the network container owns the namespace and publishes everything; the others join it', (t) => {
  const [network, ...others] = all;
  t.is(network?.network, 'bridge');
  t.deepEqual(
    others.map((spec) => spec.network),
    ['container:net', 'container:net'],
  );
  t.deepEqual(
    others.map(({ ports }) => ports),
    [undefined, undefined],
  );
  const published = network?.ports ?? [];
  t.is(published.length, publishedPorts(2, PORTS).length);
  t.deepEqual(
    published.filter(({ hostPort }) => hostPort !== 0),
    [
      { containerPort: 6443, protocol: 'tcp', hostPort: 6443 },
      { containerPort: 31111, protocol: 'udp', hostPort: 31111 },
    ],
  );
});

test('the registry keeps its data in the volume of the cluster', (t) => {
  t.like(all[1]?.mounts?.[0], { type: 'volume', source: 'c-data', target: '/data' });
  const filling = all.flatMap(({ mounts = [] }) => mounts).filter(({ noCopy }) => noCopy !== true);
  t.is(filling.length, 1, 'one container fills the new volume');
});

test('the files of the network are for all nodes and for the user qemu runs as', (t) => {
  const files = new Map(networkFiles(LAYOUT).map(({ path, content }) => [path, String(content)]));
  t.deepEqual([...files.keys()].sort(), [
    'etc/gocli/dnsmasq.conf',
    'etc/gocli/links',
    'etc/gocli/nat.nft',
    'machines/disks',
  ]);
  t.regex(files.get('etc/gocli/links') ?? '', /tap02 mode tap user 107/);
  t.regex(files.get('etc/gocli/dnsmasq.conf') ?? '', /node02/);
});

/** Options of a command line with their values, without those in which a thaw has to differ. */
function comparable(argv: readonly string[], origin: Origin): string[] {
  const pairs = argv.flatMap((word, at) => (word.startsWith('-') ? [`${word} ${argv[at + 1] ?? ''}`] : []));
  const differing = ['-object', '-blockdev', ...(origin.kind === 'thaw' ? ['-incoming'] : [])];
  return pairs.filter((pair) => !differing.some((flag) => pair.startsWith(flag)));
}

test('a thaw differs from its cold start in memory backend, disk and incoming state, and in nothing else', (t) => {
  const thaw: Origin = { kind: 'thaw', template: 'x', machines: [], verify: true };
  const build: Origin = { kind: 'build', template: 'x' };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 99 }),
      fc.record({ cpus: fc.integer({ min: 1, max: 64 }), memoryMiB: fc.integer({ min: 64, max: 99999 }) }),
      fc.array(fc.stringMatching(/^[a-z=.]{1,9}$/)),
      fc.constantFrom('kvm' as const, 'tcg' as const),
      (index, size, kernelArgs, accelerator) => {
        const guest = { ...LAYOUT.plan.guest, ...size, kernelArgs, disk: true };
        const layout = { ...LAYOUT, accelerator, plan: { ...LAYOUT.plan, guest } };
        const argv = (origin: Origin) => qemuArguments(machineSpec(layout, index, origin));
        t.deepEqual(comparable(argv(thaw), thaw), comparable(argv(build), build));
        t.true(argv(thaw).some((word) => word.includes('share=off,readonly=on,rom=off')));
        t.false(argv(build).includes('-incoming'));
      },
    ),
  );
});

test('only the making of a template may write to its volume; a thaw says what the files must be', (t) => {
  const machine = { name: 'node02', ...MACHINE };
  const thaw = nodeContainer(LAYOUT, 2, 'net', {
    kind: 'thaw',
    template: 'x',
    machines: [{ name: 'node01', ...MACHINE }, machine],
    verify: true,
  });
  const build = nodeContainer(LAYOUT, 2, 'net', { kind: 'build', template: 'x' });
  t.like(thaw.mounts?.[2], { source: 'gocli-template-x', target: '/frozen', readOnly: true });
  t.like(build.mounts?.[1], { source: 'gocli-template-x', target: '/frozen', readOnly: false });
  t.deepEqual(
    thaw.env?.filter((word) => /STATE|RAM/.test(word)),
    ['GOCLI_STATE=aa  /frozen/node02.state', 'GOCLI_RAM=3 4 /frozen/node02.ram'],
  );
  t.deepEqual(
    build.env?.filter((word) => /STATE|RAM/.test(word)),
    [],
  );
});

test('a machine may go on from what was frozen of another one', (t) => {
  const machine = { name: 'node01', ...MACHINE };
  const origin: Origin = { kind: 'thaw', template: 'x', machines: [machine, machine], verify: true };
  const guest = { ...LAYOUT.plan.guest, nodes: 2, disk: true };
  const layout = { ...LAYOUT, plan: { ...LAYOUT.plan, guest } };
  const spec = machineSpec(layout, 2, origin);
  t.deepEqual(spec.memory, { kind: 'template', path: '/frozen/node01.ram' });
  t.like(spec, { name: 'node02', mac: '52:55:00:d1:55:02', disk: { backing: '/frozen/node01.qcow2' } });
  t.true(nodeContainer(layout, 2, 'net', origin).env?.includes('GOCLI_STATE=aa  /frozen/node01.state'));
});

test('a machine has name, address and key of its node, and a disk only where the provider has one', (t) => {
  const spec = machineSpec(LAYOUT, 2, BOOT);
  t.like(spec, { name: 'node02', mac: '52:55:00:d1:55:02', tap: 'tap02', vncPort: 5902, memoryMiB: 128 });
  t.like(spec.credentials, { 'ssh.authorized_keys.root': 'ssh-ed25519 AAAA c', 'system.hostname': 'node02' });
  t.false('disk' in spec);
  const withDisk = { ...LAYOUT, plan: { ...LAYOUT.plan, guest: { ...LAYOUT.plan.guest, disk: true } } };
  t.true('disk' in machineSpec(withDisk, 1, BOOT));
});

test('the network container sees the folder of the host that has the resolvers, and cannot write to it', (t) => {
  const { mounts = [], env } = networkContainer(LAYOUT, { shown: '/run/x', file: 'resolv.conf' });
  const { target = '', ...rest } = mounts.find(({ source }) => source === '/run/x') ?? {};
  t.deepEqual(rest, { type: 'bind', source: '/run/x', readOnly: true });
  t.deepEqual(env, [`GOCLI_RESOLVERS=${target}/resolv.conf`]);
  const alone = networkContainer(LAYOUT, { shown: '/etc/resolv.conf', file: '' });
  const mount = alone.mounts?.find(({ source }) => source === '/etc/resolv.conf');
  t.deepEqual(alone.env, [`GOCLI_RESOLVERS=${mount?.target ?? ''}`]);
  t.is(networkContainer(LAYOUT).env, undefined);
});
