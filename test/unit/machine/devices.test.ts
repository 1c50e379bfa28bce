import test from 'ava';
import { deviceAccess, machineDevices } from '../../../gocli-ts/src/machine/devices.ts';

test('qemu is an ordinary user where the tun device lets everybody in, else root', (t) => {
  t.deepEqual(deviceAccess(0o020666, 104), { qemuUid: 107, user: '107:107', kvmGroup: '104' });
  for (const mode of [0o020660, 0o020600, 0o020664, 0o020662]) {
    t.deepEqual(
      deviceAccess(mode, undefined),
      { qemuUid: 0, user: '0:107', kvmGroup: undefined },
      mode.toString(8),
    );
  }
});

test('/dev/kvm is handed in only where it is used', (t) => {
  t.deepEqual(machineDevices('tcg'), ['/dev/net/tun']);
  t.deepEqual(machineDevices('kvm'), ['/dev/net/tun', '/dev/kvm']);
});
