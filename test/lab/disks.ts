import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { localHost } from '../../gocli-ts/src/host/exec.ts';
import { userPaths } from '../../gocli-ts/src/host/paths.ts';
import { openScratchApt, resolvePackages } from '../../gocli-ts/src/provision/debian/apt.ts';
import { bootstrap } from '../../gocli-ts/src/provision/debian/bootstrap.ts';
import { debianSources } from '../../gocli-ts/src/provision/debian/sources.ts';
import { CHECKOUT } from '../helpers/cli.ts';

/** What developers' machines have: Debian's full kernel, systemd, Docker, Podman and Node. */
const PACKAGES = [
  'apt',
  'ca-certificates',
  'crun',
  'dbus',
  'docker-cli',
  'docker.io',
  'initramfs-tools',
  'iproute2',
  'iptables',
  'kmod',
  'libpam-systemd',
  'linux-image-amd64',
  'netavark',
  'nftables',
  'nodejs',
  'openssh-server',
  'podman',
  'procps',
  'systemd-resolved',
  'systemd-sysv',
  'udev',
];

/** Lines for a shell in which $1 is the root of the disk. */
const SETUP = [
  `printf '[Match]\\nName=en* eth*\\n[Network]\\nDHCP=yes\\n' >"$1"/etc/systemd/network/80-lab.network`,
  'chroot "$1" systemctl enable systemd-networkd systemd-resolved',
  'chroot "$1" systemctl mask systemd-networkd-wait-online.service',
  `printf '/dev/vdb /payload ext4 ro 0 0\\n' >"$1"/etc/fstab; mkdir "$1"/payload`,
  // The connections of the tests come from the address that Docker would give to its own bridge.
  `mkdir -p "$1"/etc/docker; echo '{ "bip": "10.99.0.1/24" }' >"$1"/etc/docker/daemon.json`,
  `echo kvm-amd >"$1"/etc/modules-load.d/kvm.conf`,
  'echo lab >"$1"/etc/hostname',
];

/** Root disk of the lab, with kernel and initramfs beside it. */
export const ROOT = { disk: 'root.raw', kernel: 'vmlinuz', initrd: 'initrd.img' } as const;

/** Makes the root disk once; returns its folder. It is never written to afterwards. */
export async function rootDisk(): Promise<string> {
  const hash = createHash('sha256')
    .update(JSON.stringify([PACKAGES, SETUP]))
    .digest('hex')
    .slice(0, 12);
  const folder = join(userPaths(process.env).cache, 'lab', hash);
  if ((await stat(folder).catch(() => undefined)) !== undefined) return folder;
  await mkdir(join(folder, '..'), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    const tree = join(work, 'tree');
    const target = join(work, 'tree.tar');
    const host = localHost(process.env);
    const signal = AbortSignal.timeout(1_200_000);
    const apt = { folder: join(work, 'apt'), host, signal };
    await openScratchApt(apt, await debianSources(host, signal));
    const pins = await resolvePackages(apt, PACKAGES, []);
    await bootstrap({
      pins: pins.map(({ name, version }) => `${name}=${version}`).join('\n'),
      customizeHooks: SETUP,
      target,
      scratch: work,
      host,
      signal,
    });
    await mkdir(tree);
    await execa('tar', ['--extract', '--numeric-owner', `--file=${target}`, '-C', tree]);
    const out = join(work, 'out');
    await mkdir(out);
    for (const [name, file] of [
      ['vmlinuz-', ROOT.kernel],
      ['initrd.img-', ROOT.initrd],
    ] as const) {
      const found = (await readdir(join(tree, 'boot'))).find((one) => one.startsWith(name));
      await cp(join(tree, 'boot', found ?? name), join(out, file));
    }
    await execa('mke2fs', ['-q', '-t', 'ext4', '-d', tree, join(out, ROOT.disk), '16G']);
    await rename(out, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

/** A file system with this checkout as it would be installed, and images for `docker load`. */
export async function payloadDisk(folder: string, images: readonly string[]): Promise<string> {
  const tree = join(folder, 'payload');
  const checkout = join(tree, 'gocli');
  const { stdout } = await execa('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: CHECKOUT });
  const packages = stdout.split('\n').filter((path) => path.includes('node_modules'));
  for (const path of [
    ...[
      'dist/gocli-ts',
      'dist/test/kinds',
      'dist/test/helpers/tiny-gocli.js',
      'gocli-ts/bin',
      'package.json',
      'cluster-provision',
      'cluster-up',
    ].map((one) => join(CHECKOUT, one)),
    ...packages,
  ]) {
    await cp(path, join(checkout, relative(CHECKOUT, path)), { recursive: true, dereference: true });
  }
  await execa('docker', ['save', '--output', join(tree, 'images.tar'), ...images]);
  const disk = join(folder, 'payload.raw');
  await execa('mke2fs', ['-q', '-t', 'ext4', '-d', tree, disk, '4G']);
  await rm(tree, { recursive: true });
  return disk;
}
