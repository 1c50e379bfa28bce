import test from 'ava';
import fc from 'fast-check';
import { qemuArguments } from '../../../gocli-ts/src/machine/arguments.ts';
import { NODE, TINY } from './specs.ts';

/** Values of one flag, in order. */
function valuesOf(argv: readonly string[], flag: string): string[] {
  return argv.flatMap((word, at) => (word === flag ? [argv[at + 1] ?? ''] : []));
}

test('a node gets processors, memory, disk and network of its spec', (t) => {
  const argv = qemuArguments(NODE);
  t.is(argv[0], 'qemu-system-x86_64');
  t.deepEqual(valuesOf(argv, '-smp'), ['2']);
  t.deepEqual(valuesOf(argv, '-m'), ['3072M']);
  t.true(valuesOf(argv, '-object').some((value) => value.includes('size=3072M')));
  t.true(valuesOf(argv, '-netdev').some((value) => value.includes('ifname=tap01')));
  t.true(valuesOf(argv, '-device').some((value) => value.includes('mac=52:55:00:d1:55:01')));
  t.deepEqual(valuesOf(argv, '-vnc'), ['0.0.0.0:1']);
  t.is(valuesOf(argv, '-blockdev').length, 1);
});

test('equal specs give equal command lines', (t) => {
  t.deepEqual(qemuArguments(NODE), qemuArguments({ ...NODE }));
});

test('the accelerator decides the CPU; emulation has a bound on its translation cache', (t) => {
  const tcg = qemuArguments(NODE);
  t.regex(valuesOf(tcg, '-accel').join(), /^tcg,.*tb-size=\d+/);
  t.deepEqual(valuesOf(tcg, '-cpu'), ['max']);
  const kvm = qemuArguments({ ...NODE, accelerator: 'kvm', cpuModel: 'EPYC-v4,enforce' });
  t.deepEqual(valuesOf(kvm, '-accel'), ['kvm']);
  t.deepEqual(valuesOf(kvm, '-cpu'), ['EPYC-v4,enforce']);
});

test('a guest without a disk has no root device', (t) => {
  const argv = qemuArguments(TINY);
  t.deepEqual(valuesOf(argv, '-blockdev'), []);
  t.false(valuesOf(argv, '-device').some((value) => value.startsWith('virtio-blk')));
  t.notRegex(valuesOf(argv, '-append').join(), /root=/);
  t.regex(valuesOf(qemuArguments(NODE), '-append').join(), /root=\/dev\/vda/);
});

test('kernel arguments of the provider come last, so that they win', (t) => {
  t.regex(valuesOf(qemuArguments(NODE), '-append').join(), / systemd\.unified_cgroup_hierarchy=1$/);
});

test('every device has an id and those on the bus a fixed address: saved state names devices by them', (t) => {
  const devices = valuesOf(qemuArguments(NODE), '-device');
  const ids = devices.map((device) => /(?:^|,)id=([^,]+)/.exec(device)?.[1]);
  t.false(ids.includes(undefined));
  t.is(new Set(ids).size, ids.length);
  const addresses = devices.flatMap((device) => /,addr=([^,]+)/.exec(device)?.[1] ?? []);
  t.is(new Set(addresses).size, addresses.length);
  t.true(devices.filter((device) => /pci|VGA/.test(device)).every((device) => device.includes('addr=')));
});

test('any credential reaches the guest whole: no comma of it can end the option', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (secret) => {
      const argv = qemuArguments({ ...NODE, credentials: { 'a.b': secret } });
      const match = /^type=11,value=io\.systemd\.credential\.binary:a\.b=([A-Za-z0-9+/=]*)$/.exec(
        valuesOf(argv, '-smbios').join(),
      );
      t.is(Buffer.from(match?.[1] ?? '?', 'base64').toString('utf8'), Buffer.from(secret).toString('utf8'));
    }),
  );
});
