import type { Docker } from '../../place/interface.ts';
import { runningMachines, type FoundRig } from '../life.ts';

/** Of the memory of the machines: what one that stands ready has for itself, as long as none was measured. */
const EXPECTED_SHARE = 0.5;
/** Of the host's memory: what no pool takes. */
const RESERVED_SHARE = 0.1;

/** What a pool has to fit into, in bytes. */
export interface Budget {
  /** Memory of the host. */
  readonly total: number;
  /** What the machines of one cluster may come to use. */
  readonly wanted: number;
  /** What one that stands ready has; undefined when there is none yet. */
  readonly measured: number | undefined;
}

/** Bytes that are left alone, whatever is asked for. */
export function reserved(total: number): number {
  return total * RESERVED_SHARE;
}

/**
 * How many clusters of a plan can stand ready. Each has some of its memory for itself, but the last one is made while
 * all others are there, and a thaw wants all of its memory free (frozen/gate.ts).
 */
export function howManyFit({ total, wanted, measured }: Budget): number {
  const room = total - reserved(total) - wanted;
  return room < 0 ? 0 : 1 + Math.floor(room / (measured ?? wanted * EXPECTED_SHARE));
}

/** The same for one more, by what is free now: nothing that runs may come to lack it. */
export function isRoomFor(
  wanted: number,
  { total, available }: { total: number; available: number },
): boolean {
  return available - wanted >= reserved(total);
}

/**
 * In the machine's container, whose first process is qemu and whose user is qemu's, be that 107 or 0 (machine/devices.ts):
 * nobody else may read this of it (proc(5), smaps_rollup).
 */
const LOOK = ['sed', '-n', String.raw`s/^Pss: *\([0-9]*\) kB/\1/p`, '/proc/1/smaps_rollup'];

/** Looks at a machine: a busy daemon now and then fails to start a program, or loses what it wrote. */
const LOOKS = 3;

/** Bytes of memory that machines have, shared pages in parts (PSS); undefined when it cannot be read. */
export async function memoryOf(
  { containers }: Pick<FoundRig, 'containers'>,
  docker: Docker,
): Promise<number | undefined> {
  const machines = runningMachines({ containers });
  const bytes = await Promise.all(machines.map(({ id }) => memoryOfMachine(id, docker)));
  const known = bytes.filter((one) => one !== undefined);
  // A sum without one of them would be no figure of the cluster.
  if (known.length === 0 || known.length < bytes.length) return undefined;
  return known.reduce((total, one) => total + one, 0);
}

async function memoryOfMachine(id: string, docker: Docker): Promise<number | undefined> {
  for (let look = 0; look < LOOKS; look += 1) {
    const seen = await docker.containers.exec(id, LOOK).catch(() => undefined);
    const kibibytes = Number(seen?.stdout);
    if (kibibytes > 0) return kibibytes * 1024;
  }
  return undefined;
}
