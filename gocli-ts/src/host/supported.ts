import { closeSync, openSync, readSync } from 'node:fs';
import { release } from 'node:os';
import { GocliError } from '../errors/error.ts';

/** What decides whether gocli can work here at all. */
export interface HostFacts {
  /** As `process.platform` has them. */
  readonly platform: string;
  readonly arch: string;
  /** Of the kernel, uname(2). */
  readonly release: string;
  /** Whether this Node is linked with musl. */
  readonly musl: boolean;
}

const LINUX = 'a Linux machine, or a virtual machine of one, with an x86-64 processor, glibc and Docker';

/** What it is instead, and what would work. */
const PLATFORMS: Readonly<Record<string, readonly [name: string, hint: string]>> = {
  darwin: ['macOS', `Log in to ${LINUX}, and type it there.`],
  win32: [
    'Windows',
    'Type it in WSL 2 (wsl --install -d Debian), with Node and Docker in there; /dev/kvm is not needed.',
  ],
};

/**
 * Refuses a host on which nothing would work, before anything is tried there.
 * @throws GocliError HOST_UNSUPPORTED with what would work
 */
export function requireSupportedHost({ platform, arch, release, musl }: HostFacts = thisHost()): void {
  if (platform !== 'linux') {
    const [name, hint] = PLATFORMS[platform] ?? [platform, `Use ${LINUX}.`];
    throw unsupported(`gocli runs on Linux, and this is ${name}`, hint);
  }
  // That of WSL 2 ends with `-microsoft-standard-WSL2`; here there is no kernel at all.
  if (release.endsWith('-Microsoft'))
    throw unsupported(
      'gocli needs a Linux kernel, and this is WSL 1',
      'In Windows: wsl --set-version DISTRO 2',
    );
  if (arch !== 'x64')
    throw unsupported(`gocli needs an x86-64 processor, and this is ${arch}`, `Use ${LINUX}.`);
  if (!musl) return;
  const hint =
    'Use Node on a distribution with glibc (Debian, Ubuntu, Fedora …), or in a container of one that has the Docker socket and the network of this host.';
  throw unsupported('gocli needs glibc, and this Node is one for musl (Alpine)', hint);
}

function unsupported(message: string, hint: string): GocliError {
  return new GocliError('HOST_UNSUPPORTED', message, { hint });
}

function thisHost(): HostFacts {
  const { platform, arch, execPath } = process;
  return { platform, arch, release: release(), musl: platform === 'linux' && isMusl(head(execPath)) };
}

/** Whether a kernel is that of WSL 2, where modules and firmware are Windows' business. */
export function isWsl(kernel: string): boolean {
  return /microsoft/i.test(kernel);
}

/** @param program first bytes of an ELF file: the path of its interpreter stands among the headers (elf(5), PT_INTERP) */
export function isMusl(program: Uint8Array): boolean {
  return Buffer.from(program).includes('/ld-musl-');
}

function head(file: string): Uint8Array {
  const bytes = Buffer.alloc(4096);
  try {
    const descriptor = openSync(file, 'r');
    try {
      return bytes.subarray(0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Replaced while it runs; what cannot be told is no reason to refuse.
    return bytes.subarray(0, 0);
  }
}
