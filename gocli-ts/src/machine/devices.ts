import { stat } from 'node:fs/promises';
import { GocliError } from '../errors/error.ts';

const TUN = '/dev/net/tun';
const KVM = '/dev/kvm';
/** uid and gid of qemu in Debian and Fedora packages of libvirt; kubevirtci's images use it too. */
const QEMU_ID = 107;

/** What of the host's devices a machine needs, and as whom it can use them. */
export interface DeviceAccess {
  /** uid that qemu runs as: 107 where the tun device lets everybody in, else 0 (a container keeps the host's mode). */
  readonly qemuUid: number;
  /** `uid:gid` for the container. The gid is 107 in both cases: files of the machine belong to it. */
  readonly user: string;
  /** Group of /dev/kvm, when there is one. */
  readonly kvmGroup: string | undefined;
}

/** @throws GocliError NO_TUN */
export async function readDeviceAccess(): Promise<DeviceAccess> {
  const tun = await stat(TUN).catch(() => undefined);
  if (tun?.isCharacterDevice() !== true) {
    throw new GocliError('NO_TUN', `${TUN} is missing on this host`, { hint: 'Type: sudo modprobe tun' });
  }
  const kvm = await stat(KVM).catch(() => undefined);
  return deviceAccess(tun.mode, kvm?.gid);
}

/** Pure part of {@link readDeviceAccess}. */
export function deviceAccess(tunMode: number, kvmGroup: number | undefined): DeviceAccess {
  const everybody = (tunMode & 0o006) === 0o006;
  const qemuUid = everybody ? QEMU_ID : 0;
  return {
    qemuUid,
    user: `${qemuUid.toFixed(0)}:${QEMU_ID.toFixed(0)}`,
    kvmGroup: kvmGroup?.toFixed(0),
  };
}

/** Device nodes of a node container. */
export function machineDevices(accelerator: 'kvm' | 'tcg'): string[] {
  return accelerator === 'kvm' ? [TUN, KVM] : [TUN];
}
