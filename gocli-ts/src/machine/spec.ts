export type Accelerator = 'kvm' | 'tcg';

/**
 * Where a guest's memory lives. `private`: with the process. `shared`: in a file that everything is written through to,
 * so that the file is the memory once the machine stops. `template`: in such a file of a stopped machine, mapped
 * copy-on-write; the file itself is never written.
 */
export type GuestMemory =
  { readonly kind: 'private' } | { readonly kind: 'shared' | 'template'; readonly path: string };

/** One virtual machine as qemu will run it. Pure data: equal specs give equal command lines. */
export interface MachineSpec {
  readonly name: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly accelerator: Accelerator;
  /** What qemu is told with `-cpu`. */
  readonly cpuModel: string;
  /** Paths inside the container. */
  readonly kernel: string;
  readonly initrd: string;
  readonly kernelArgs: readonly string[];
  /** Root disk, or nothing for a guest that lives in its initramfs. */
  readonly disk?: {
    readonly backing: string;
    readonly overlay: string;
    /** Of the overlay; as large as what is below it when undefined. */
    readonly sizeMiB?: number | undefined;
  };
  readonly memory: GuestMemory;
  /** True when the machine waits for saved state instead of booting. */
  readonly incoming: boolean;
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
