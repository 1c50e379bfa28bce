import { readFile } from 'node:fs/promises';
import type { CpuIdentity } from './manifest.ts';

/**
 * The processor that a guest would see here. Under emulation it is qemu's own, whatever the host has.
 * @param model what qemu is told with `-cpu`
 */
export async function readCpu(accelerator: 'kvm' | 'tcg', model: string): Promise<CpuIdentity> {
  if (accelerator === 'tcg') return { model, host: '', flags: '' };
  return { model, ...parseCpuinfo(await readFile('/proc/cpuinfo', 'utf8')) };
}

/** Identity and flags of the first processor of /proc/cpuinfo (proc(5)). */
export function parseCpuinfo(text: string): Pick<CpuIdentity, 'host' | 'flags'> {
  const field = (name: string): string => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const host = ['vendor_id', 'cpu family', 'model', 'stepping'].map(field).join(' ');
  return { host, flags: field('flags').split(' ').sort().join(' ') };
}
