import { readFile, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { LABEL } from '../../place/labels.ts';
import { isCode } from '../../errors/error.ts';
import { PROBE_GUEST } from '../../provider/image-path.ts';
import { chooseAccelerator } from '../../machine/accelerator.ts';
import { isWsl } from '../../host/supported.ts';
import { readDeviceAccess, type DeviceAccess } from '../../machine/devices.ts';
import type { Context } from '../context.ts';
import { failed, ok, warning, type Check, type CheckContext, type Finding } from './finding.ts';

/** A function of each module that the network container needs: bridge, taps, rules, masquerading. */
const MODULES: Readonly<Record<string, string>> = {
  tun: 'tun_chr_open',
  bridge: 'br_add_bridge',
  nf_tables: 'nf_tables_newtable',
  nft_masq: 'nft_masq_init',
};

export const kernelChecks: readonly Check[] = [
  { id: 'tun', title: 'tun device', run: checkTun },
  { id: 'accelerator', title: 'Accelerator', run: checkAccelerator },
  { id: 'modules', title: 'Kernel modules', run: async () => judgeModules(await missingModules()) },
];

async function checkTun(): Promise<Finding> {
  try {
    const { qemuUid } = await readDeviceAccess();
    return ok(
      qemuUid === 0 ? '/dev/net/tun, for root only: qemu runs as root of its container' : '/dev/net/tun',
    );
  } catch (error) {
    if (isCode(error, 'NO_TUN')) return failed(error.message, 'As root: modprobe tun');
    throw error;
  }
}

async function checkAccelerator({ context, bootable }: CheckContext): Promise<Finding> {
  const image = bootable[0];
  const access = await readDeviceAccess().catch(() => undefined);
  if (image === undefined || access === undefined) {
    const kvm = await stat('/dev/kvm').catch(() => undefined);
    return judgeUntried(kvm?.isCharacterDevice() === true);
  }
  return tryAccelerator(context, image.id, access);
}

async function tryAccelerator(context: Context, image: string, access: DeviceAccess): Promise<Finding> {
  const { docker, paths, clock, signal, run } = context;
  const labels = { [LABEL.role]: 'probe', [LABEL.run]: run };
  const { accelerator, reason } = await chooseAccelerator({
    docker,
    image,
    guest: PROBE_GUEST,
    labels,
    access,
    paths,
    clock,
    signal,
  });
  return judgeAccelerator(accelerator, reason);
}

/** While there is no image, nothing can be booted; /dev/kvm alone proves nothing. */
export function judgeUntried(kvmExists: boolean, kernel = release()): Finding {
  if (!kvmExists) return judgeAccelerator('tcg', 'there is no /dev/kvm', kernel);
  return ok('/dev/kvm exists; it is tried as soon as there is a guest to boot');
}

/** @param kernel its release */
export function judgeAccelerator(accelerator: 'kvm' | 'tcg', reason: string, kernel = release()): Finding {
  if (accelerator === 'kvm') return ok(`kvm: ${reason}`);
  // https://learn.microsoft.com/windows/wsl/wsl-config: the default on Windows 11, and not there on Windows 10.
  const way = isWsl(kernel)
    ? 'In .wslconfig of your Windows user, under [wsl2]: nestedVirtualization=true, then in Windows: wsl --shutdown'
    : 'Enable virtualisation in the firmware or the hypervisor, then: modprobe kvm-intel or kvm-amd';
  return warning(`emulation: ${reason}`, `Clusters work; what has no template yet starts in minutes. ${way}`);
}

/** @param missing modules that are neither in the kernel nor loadable; undefined when that cannot be told */
export function judgeModules(missing: readonly string[] | undefined, kernel = release()): Finding {
  if (missing === undefined)
    return warning('cannot be told on this kernel', 'Try a start; it says what is missing.');
  if (missing.length === 0) return ok(Object.keys(MODULES).join(', '));
  const way = isWsl(kernel)
    ? 'A newer kernel has them. In Windows: wsl --update, then wsl --shutdown'
    : `As root: modprobe --all ${missing.join(' ')}`;
  return failed(`not available: ${missing.join(', ')}`, way);
}

/** Built-in modules have no entry of their own in /proc/modules, but their functions are in the symbol table. */
async function missingModules(): Promise<string[] | undefined> {
  const symbols = await readFile('/proc/kallsyms', 'utf8').catch(() => '');
  const loadable = await readFile(`/lib/modules/${release()}/modules.dep`, 'utf8').catch(() => '');
  if (symbols === '' && loadable === '') return undefined;
  return unavailable(symbols, loadable);
}

/** Pure part: text of /proc/kallsyms (proc(5)) and of modules.dep (modules.dep(5)). */
export function unavailable(symbols: string, loadable: string): string[] {
  return Object.entries(MODULES)
    .filter(
      ([name, symbol]) =>
        !new RegExp(`\\s${symbol}(\\s|$)`, 'm').test(symbols) &&
        !new RegExp(`/${name}\\.ko\\S*:`).test(loadable),
    )
    .map(([name]) => name);
}
