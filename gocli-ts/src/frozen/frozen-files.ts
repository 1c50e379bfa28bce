/** Where the volume with frozen machines is mounted, in whatever container. */
export const FROZEN = '/frozen';

/** The files of one machine in it. */
export interface FrozenFiles {
  readonly ram: string;
  /** Devices and processors, as qemu saves them. */
  readonly state: string;
  /** Overlay over the disk of the provider image. */
  readonly disk: string;
}

export function frozenFiles(machine: string, folder = FROZEN): FrozenFiles {
  const path = `${folder}/${machine}`;
  return { ram: `${path}.ram`, state: `${path}.state`, disk: `${path}.qcow2` };
}
