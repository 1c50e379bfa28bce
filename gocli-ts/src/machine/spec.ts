export type Accelerator = 'kvm' | 'tcg';

/** One virtual machine as qemu will run it. Pure data: equal specs give equal command lines. */
export interface MachineSpec {
  readonly name: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly accelerator: Accelerator;
  /** Paths inside the container. */
  readonly kernel: string;
  readonly initrd: string;
  readonly kernelArgs: readonly string[];
  /** Root disk, or nothing for a guest that lives in its initramfs. */
  readonly disk?: { readonly backing: string };
  readonly mac: string;
  readonly tap: string;
  readonly vncPort: number;
  /** systemd credentials handed in over SMBIOS, by name. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** Where a machine keeps its files inside its container. */
export const MACHINE_PATH = {
  overlay: '/var/lib/gocli/disk.qcow2',
  qmp: '/var/lib/gocli/qmp.sock',
  agent: '/var/lib/gocli/agent.sock',
  console: '/var/lib/gocli/console.sock',
  consoleLog: '/var/lib/gocli/console.log',
} as const;
