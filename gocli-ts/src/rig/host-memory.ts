import { readFile } from 'node:fs/promises';
import { GocliError } from '../errors/error.ts';
import { formatBytes, MIB } from '../shared/size.ts';
import { nodePlans, type GuestPlan } from './plan.ts';

/** MemTotal and MemAvailable of /proc/meminfo, in bytes (proc(5)). */
export function parseMeminfo(text: string): { total: number; available: number } {
  const read = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return { total: read('MemTotal'), available: read('MemAvailable') };
}

/** Memory of this host, in bytes. */
export async function readMemory(): Promise<{ total: number; available: number }> {
  return parseMeminfo(await readFile('/proc/meminfo', 'utf8'));
}

/** Bytes that the machines of a plan may come to use. */
export function wantedBytes(plan: GuestPlan): number {
  return nodePlans(plan).reduce((sum, { memoryMiB }) => sum + memoryMiB * MIB, 0);
}

/**
 * A plan for more memory than the host has is refused. One for more than is free is not, since machines rarely come to
 * use all of theirs.
 * @returns a warning when less is free
 * @throws GocliError NOT_ENOUGH_MEMORY
 */
export async function checkMemory(plan: GuestPlan): Promise<string | undefined> {
  const { total, available } = await readMemory();
  const wanted = wantedBytes(plan);
  if (wanted <= available) return undefined;
  const size = `${formatBytes(wanted)} of memory (${sizesOf(plan)})`;
  const free = `${formatBytes(available)} of the host's ${formatBytes(total)} are free`;
  if (wanted <= total) return `The machines may come to use ${size}; ${free}.`;
  throw new GocliError('NOT_ENOUGH_MEMORY', `the plan needs ${size}; ${free}`, {
    hint: 'Ask for less with --memory or --nodes',
  });
}

/** `2 x 4096M`, or each of them where they differ: `4096M + 8192M`. */
function sizesOf(plan: GuestPlan): string {
  const sizes = nodePlans(plan).map(({ memoryMiB }) => `${memoryMiB.toFixed(0)}M`);
  const [first = ''] = sizes;
  return sizes.every((size) => size === first) ? `${sizes.length.toFixed(0)} x ${first}` : sizes.join(' + ');
}
