import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { IMAGE_PATH } from '../config/provider.ts';
import type { Docker, Labels } from '../docker/port.ts';
import { readIfThere, writeAtomic } from '../host/files.ts';
import type { Paths } from '../host/paths.ts';
import type { Clock } from '../shared/clock.ts';
import { lastLines } from '../shared/text.ts';
import type { DeviceAccess } from './devices.ts';
import type { Accelerator } from './spec.ts';

/** A working KVM prints its first line within tenths of a second; the guest is up in 1 s, nested in 4 s. */
const FIRST_OUTPUT_MS = 6000;
const READY_MS = 25_000;
/** The tiny guest prints this on its serial line once its init runs. */
export const TINY_READY = 'gocli: tiny guest ready';

export interface AcceleratorChoice {
  readonly accelerator: Accelerator;
  /** Why, as a sentence part: `/dev/kvm works`. */
  readonly reason: string;
}

export interface ProbeOptions {
  readonly docker: Docker;
  readonly image: string;
  readonly labels: Labels;
  readonly access: DeviceAccess;
  readonly paths: Paths;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const cacheSchema = z.object({ bootId: z.string(), accelerator: z.enum(['kvm', 'tcg']), reason: z.string() });

/**
 * Which accelerator works on this host. /dev/kvm may exist and hang the guest (nested and paravirtual hosts), so it
 * is tried by booting the tiny guest, once per boot of the host.
 */
export async function chooseAccelerator(options: ProbeOptions): Promise<AcceleratorChoice> {
  const kvm = await stat('/dev/kvm').catch(() => undefined);
  if (kvm?.isCharacterDevice() !== true) return { accelerator: 'tcg', reason: 'there is no /dev/kvm' };
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const file = join(options.paths.state, 'accelerator.json');
  const known = await readCache(file);
  if (known?.bootId === bootId) return known;
  const choice = await probeAccelerator(options);
  await writeAtomic(file, JSON.stringify({ bootId, ...choice }));
  return choice;
}

async function readCache(file: string): Promise<z.infer<typeof cacheSchema> | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return cacheSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Boots the tiny guest on /dev/kvm; whatever it does but come up in time means emulation. */
export async function probeAccelerator(options: ProbeOptions): Promise<AcceleratorChoice> {
  const { docker, access } = options;
  const id = await docker.containers.create({
    name: `gocli-probe-${process.pid.toFixed(0)}`,
    image: options.image,
    labels: options.labels,
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    devices: ['/dev/kvm'],
    user: access.user,
    groups: access.kvmGroup === undefined ? [] : [access.kvmGroup],
    entrypoint: ['qemu-system-x86_64'],
    command: probeArguments(),
  });
  try {
    await docker.containers.start(id);
    return await watchProbe(options, id);
  } finally {
    await docker.containers.remove(id);
  }
}

function probeArguments(): string[] {
  const machine = [
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-machine',
    'pc-q35-10.0',
    '-no-reboot',
  ];
  const cpu = ['-accel', 'kvm', '-cpu', 'host', '-m', '256M'];
  const boot = [
    '-kernel',
    IMAGE_PATH.kernel,
    '-initrd',
    IMAGE_PATH.tiny,
    '-append',
    'console=ttyS0 earlyprintk=ttyS0',
  ];
  return [...machine, ...cpu, ...boot, '-serial', 'stdio'];
}

async function watchProbe(options: ProbeOptions, id: string): Promise<AcceleratorChoice> {
  const { docker, clock, signal } = options;
  const start = clock.monotonic();
  for (;;) {
    const output = await docker.containers.logs(id);
    if (output.includes(TINY_READY)) return { accelerator: 'kvm', reason: '/dev/kvm works' };
    const state = (await docker.containers.inspect(id))?.state;
    const passed = clock.monotonic() - start;
    if (state !== 'running') return tcg(`qemu cannot use /dev/kvm: ${shortened(lastLines(output, 1))}`);
    if (output.trim() === '' && passed > FIRST_OUTPUT_MS)
      return tcg('/dev/kvm exists, but a guest on it hangs');
    if (passed > READY_MS) return tcg('/dev/kvm exists, but a guest on it does not come up');
    await clock.sleep(100, signal);
  }
}

function tcg(reason: string): AcceleratorChoice {
  return { accelerator: 'tcg', reason };
}

/** qemu's own words without the places in its sources. */
function shortened(line: string): string {
  const words = line.replace(/^qemu-system-x86_64: /, '').replace(/^\S+\.c:\d+: /, '');
  return words.length > 90 ? `${words.slice(0, 89)}…` : words;
}
