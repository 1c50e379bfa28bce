import type { MachineSpec } from '../../../gocli-ts/src/machine/spec.ts';

/** A guest that lives in its initramfs. */
export const TINY: MachineSpec = {
  name: 'node01',
  cpus: 2,
  memoryMiB: 3072,
  accelerator: 'tcg',
  cpuModel: 'max',
  kernel: '/image/vmlinuz',
  initrd: '/image/initrd.img',
  kernelArgs: ['systemd.unified_cgroup_hierarchy=1'],
  memory: { kind: 'private' },
  incoming: false,
  mac: '52:55:00:d1:55:01',
  tap: 'tap01',
  vncPort: 5901,
  credentials: { 'ssh.authorized_keys.root': 'ssh-ed25519 AAAA, comment=1', 'system.hostname': 'node01' },
};

/** A node as a cluster asks for it. */
export const NODE: MachineSpec = {
  ...TINY,
  disk: { backing: '/image/disk.qcow2', overlay: '/var/lib/gocli/disk.qcow2' },
};
