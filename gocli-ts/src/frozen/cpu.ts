import { readFile } from 'node:fs/promises';
import type { CpuIdentity } from './manifest.ts';

/**
 * The processor that a guest would see here. Under emulation it is qemu's own, whatever the host has.
 * @param cpu what qemu was found to do here
 */
export async function readCpu(
  accelerator: 'kvm' | 'tcg',
  cpu: Pick<CpuIdentity, 'model' | 'tscHz'>,
): Promise<CpuIdentity> {
  if (accelerator === 'tcg') return { ...cpu, host: '', flags: '' };
  return { ...cpu, ...parseCpuinfo(await readFile('/proc/cpuinfo', 'utf8')) };
}

/** Identity and flags of the first processor of /proc/cpuinfo (proc(5)). */
export function parseCpuinfo(text: string): Pick<CpuIdentity, 'host' | 'flags'> {
  const field = (name: string): string => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const host = ['vendor_id', 'cpu family', 'model', 'stepping'].map(field).join(' ');
  return { host, flags: field('flags').split(' ').sort().join(' ') };
}
