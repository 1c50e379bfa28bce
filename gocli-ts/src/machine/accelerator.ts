import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Docker, Labels } from '../place/interface.ts';
import { GocliError } from '../errors/error.ts';
import { readIfThere, writeAtomic } from '../host/atomic-files.ts';
import type { Paths } from '../host/paths.ts';
import type { Clock } from '../shared/clock.ts';
import { parseJson } from '../shared/json.ts';
import { lastLines } from '../shared/text.ts';
import { attempt } from '../waiting/attempt.ts';
import { bestCpu, EMULATED_CPU, HOST_CPU, type Cpu } from './cpu-models.ts';
import type { DeviceAccess } from './devices.ts';
import { Monitor } from './monitor.ts';
import { MACHINE_PATH, type Accelerator } from './spec.ts';

/**
 * A working KVM prints its first line within tenths of a second; the guest is up in 1 s, nested in 4 s. The answer
 * holds until the host boots again, so a busy host is waited for as long as its guest goes on printing.
 */
const FIRST_OUTPUT_MS = 6000;
const STUCK_MS = 25_000;
const READY_MS = 180_000;
const MODELS_MS = 10_000;
const KVM = '/dev/kvm';
/** The tiny guest prints this on its serial line once its init runs. */
export const TINY_READY = 'gocli: tiny guest ready';

export interface AcceleratorChoice {
  readonly accelerator: Accelerator;
  readonly cpu: Cpu;
  /** Why, as a sentence part: `/dev/kvm works`. What qemu said of it stands behind a colon. */
  readonly reason: string;
}

export interface ProbeOptions {
  readonly docker: Docker;
  readonly image: string;
  /** Kernel and small initramfs of the guest that is booted, as paths in the image. */
  readonly guest: { readonly kernel: string; readonly initrd: string };
  readonly labels: Labels;
  readonly access: DeviceAccess;
  readonly paths: Paths;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const cacheSchema = z.object({
  bootId: z.string(),
  /** Where the daemon is that was asked: another one may be in a machine of its own. */
  daemon: z.string(),
  /** Image whose qemu was asked. */
  image: z.string(),
  accelerator: z.enum(['kvm', 'tcg']),
  cpu: z.object({ model: z.string(), tscHz: z.number() }),
  reason: z.string(),
});

/**
 * Which accelerator works on this host. /dev/kvm may exist and hang the guest (nested and paravirtual hosts), or not be
 * there for the daemon, so it is tried by booting the tiny guest, once per boot of the host and daemon; where KVM works
 * also for each image, since the CPU models are those of its qemu.
 * @param device that of KVM
 */
export async function chooseAccelerator(
  options: ProbeOptions,
  device: string = KVM,
): Promise<AcceleratorChoice> {
  const kvm = await stat(device).catch(() => undefined);
  if (kvm?.isCharacterDevice() !== true) return tcg('there is no /dev/kvm');
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const daemon = await options.docker.system.endpoint();
  const file = join(options.paths.state, 'accelerator.json');
  const known = await readCache(file);
  const isOfHere = known?.bootId === bootId && known.daemon === daemon;
  if (isOfHere && (known.accelerator === 'tcg' || known.image === options.image)) return known;
  const choice = await probeAccelerator(options);
  await writeAtomic(file, JSON.stringify({ bootId, daemon, image: options.image, ...choice }));
  return choice;
}

async function readCache(file: string): Promise<z.infer<typeof cacheSchema> | undefined> {
  return cacheSchema.safeParse(parseJson(await readIfThere(file))).data;
}

/** Boots the tiny guest on /dev/kvm; whatever it does but come up in time means emulation. */
export async function probeAccelerator(options: ProbeOptions): Promise<AcceleratorChoice> {
  try {
    const cpu = await askModels(options);
    return await withQemu(options, 'probe', bootArguments(options, cpu.model), (id) =>
      watchProbe(options, id, cpu),
    );
  } catch (error) {
    const refused = refusedDevice(error);
    if (refused === undefined) throw error;
    return tcg(refused);
  }
}

/**
 * Why the daemon gives the device to no container, undefined when that is not what failed: moby names it when it starts
 * one (oci, DevicesFromPath), Podman when it makes one (specgen), and what runs it (runc, crun) when it may not.
 */
function refusedDevice(error: unknown): string | undefined {
  if (!(error instanceof GocliError)) return undefined;
  const words = error.observed ?? error.message;
  if (!words.includes(KVM)) return undefined;
  if (/no such (file|device)/i.test(words)) return `the daemon has no ${KVM}`;
  return `the daemon gives no container ${KVM}: ${lastLines(words, 1)}`;
}

/** A qemu that cannot be asked cannot boot either, and says why then. */
async function askModels(options: ProbeOptions): Promise<Cpu> {
  const { docker, signal } = options;
  // Every KVM can run this model; which one is the machine's own does not change the answers.
  const qmp = ['-S', '-cpu', 'kvm64', '-qmp', `unix:${MACHINE_PATH.qmp},server=on,wait=off`];
  return await withQemu(options, 'models', qmp, async (id) => {
    try {
      const asked = await attempt(signal, MODELS_MS, async (bounded) => {
        await using monitor = await Monitor.open(docker, id, 'the probe', bounded);
        return await bestCpu(monitor, bounded);
      });
      return asked.done ? asked.value : HOST_CPU;
    } catch {
      signal.throwIfAborted();
      return HOST_CPU;
    }
  });
}

/** Runs a qemu on /dev/kvm in a container of its own for as long as it is looked at. */
async function withQemu<T>(
  { docker, image, labels, access }: ProbeOptions,
  what: 'models' | 'probe',
  command: readonly string[],
  look: (container: string) => Promise<T>,
): Promise<T> {
  const id = await docker.containers.create({
    name: `gocli-${what}-${process.pid.toFixed(0)}`,
    image,
    labels,
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    devices: [KVM],
    user: access.user,
    groups: access.kvmGroup === undefined ? [] : [access.kvmGroup],
    entrypoint: ['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none'],
    command: ['-machine', 'pc-q35-10.0', '-accel', 'kvm', '-m', '256M', '-no-reboot', ...command],
  });
  try {
    await docker.containers.start(id);
    return await look(id);
  } finally {
    await docker.containers.remove(id);
  }
}

function bootArguments({ guest }: ProbeOptions, cpuModel: string): string[] {
  const append = 'console=ttyS0 earlyprintk=ttyS0';
  const kernel = ['-kernel', guest.kernel, '-initrd', guest.initrd, '-append', append];
  return ['-cpu', cpuModel, ...kernel, '-serial', 'stdio'];
}

async function watchProbe(options: ProbeOptions, id: string, cpu: Cpu): Promise<AcceleratorChoice> {
  const { docker, clock, signal } = options;
  const start = clock.monotonic();
  let before = '';
  let printedAt = start;
  for (;;) {
    const output = await docker.containers.logs(id);
    if (output.includes(TINY_READY)) return { accelerator: 'kvm', cpu, reason: '/dev/kvm works' };
    const state = (await docker.containers.inspect(id))?.state;
    const now = clock.monotonic();
    if (output !== before) [before, printedAt] = [output, now];
    if (state !== 'running') return tcg(`qemu cannot use /dev/kvm: ${withoutPlaces(lastLines(output, 1))}`);
    if (output.trim() === '' && now - start > FIRST_OUTPUT_MS)
      return tcg('/dev/kvm exists, but a guest on it hangs');
    if (now - printedAt > STUCK_MS || now - start > READY_MS)
      return tcg('/dev/kvm exists, but a guest on it does not come up');
    await clock.sleep(100, signal);
  }
}

function tcg(reason: string): AcceleratorChoice {
  return { accelerator: 'tcg', cpu: EMULATED_CPU, reason };
}

/** qemu's own words without the places in its sources. */
function withoutPlaces(line: string): string {
  return line.replace(/^qemu-system-x86_64: /, '').replace(/^\S+\.c:\d+: /, '');
}

/** The clause of a reason; the whole of it is what `gocli doctor` shows. */
export function clauseOf(reason: string): string {
  return reason.split(': ')[0] ?? reason;
}
