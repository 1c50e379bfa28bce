import { join } from 'node:path/posix';
import type { FileEntry, Mount } from '../place/interface.ts';
import { machinesVolume } from './names.ts';

/** Where the volume of a rig's machines is in its containers; the registry does not have it. */
export const MACHINES = '/machines';

/**
 * Folder with the disks. qemu runs as user 107, or as root without the right to go past modes (machine/devices.ts); its
 * group is 107 in both cases.
 */
export const DISKS_FOLDER: FileEntry = { path: 'machines/disks', mode: 0o770, uid: 107, gid: 107 };

/** Who may change it without a capability. */
export const DISKS_USER = '0:107';

/** What a node writes, over a disk that it shares with others. */
export function machineDisk(node: string): string {
  return join(MACHINES, 'disks', `${node}.qcow2`);
}

/** The mount of the machines' volume; by the rig's id. */
export function machinesMount(id: string): Mount {
  return { type: 'volume', source: machinesVolume(id), target: MACHINES, noCopy: true };
}
