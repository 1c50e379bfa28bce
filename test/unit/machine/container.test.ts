import test from 'ava';
import { machineContainer, type MachineContainer } from '../../../gocli-ts/src/machine/container.ts';
import { deviceAccess } from '../../../gocli-ts/src/machine/devices.ts';
import { NODE, TINY } from './specs.ts';

const container: MachineContainer = {
  name: 'c-node01',
  image: 'sha256:1',
  network: 'container:net',
  labels: { a: 'b' },
  access: deviceAccess(0o020666, 104),
};

test('a machine has no capability, no new privileges and only the tun device', (t) => {
  t.like(machineContainer(NODE, container), {
    name: 'c-node01',
    image: 'sha256:1',
    network: 'container:net',
    labels: { a: 'b' },
    capabilities: [],
    noNewPrivileges: true,
    devices: ['/dev/net/tun'],
    user: '107:107',
    groups: [],
  });
});

test('with KVM it gets the device and the group of the device', (t) => {
  t.like(machineContainer({ ...NODE, accelerator: 'kvm' }, container), {
    devices: ['/dev/net/tun', '/dev/kvm'],
    groups: ['104'],
  });
});

test('what makes the overlay disk is told of backing file and overlay; without a disk there is nothing to tell', (t) => {
  const { env = [] } = machineContainer(NODE, container);
  t.true(env.includes('GOCLI_BACKING=/image/disk.qcow2'));
  t.true(env.some((one) => one.startsWith('GOCLI_DISK=/')));
  t.deepEqual(machineContainer(TINY, container).env, []);
});
