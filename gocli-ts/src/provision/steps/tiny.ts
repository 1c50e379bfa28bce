import { copyFile, cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import { guestFolder } from '../guest-folder.ts';
import { resultOf } from '../image/results.ts';
import type { ProvisionStep, Recipe, StepContext } from '../step.ts';
import { ROOTFS_FILE } from './rootfs.ts';

/** Files in the result: the kernel of the nodes, and the tiny guest that it boots with. */
export const TINY_FILES = { kernel: 'vmlinuz', initrd: 'tiny.img' } as const;

/** Drivers of the devices that a machine has; see machine/arguments.ts. */
const MODULES = [
  'virtio_pci',
  'virtio_blk',
  'virtio_net',
  'virtio_console',
  'virtio_rng',
  'vmgenid',
  'evdev',
  'button',
];
const PROGRAMS = ['/usr/sbin/qemu-ga'];

/** The tiny guest: the nodes' kernel and an initramfs that is all of a guest. It probes accelerators and is for tests. */
export const tinyStep: ProvisionStep = {
  name: 'tiny',
  title: 'Make the tiny guest',
  needs: ['rootfs'],
  inputs: (recipe) => ({
    values: { modules: MODULES.join(' '), programs: PROGRAMS.join(' ') },
    files: [join(makerOf(recipe), 'make.sh'), join(makerOf(recipe), 'tiny')],
  }),
  run: makeTiny,
};

/** In the node's own root file system, so that kernel, modules and libraries are the node's. */
async function makeTiny(context: StepContext): Promise<void> {
  const { recipe, output, scratch, host, signal } = context;
  const tree = join(scratch, 'root');
  await mkdir(tree);
  const rootfs = join(resultOf(context, 'rootfs'), ROOTFS_FILE);
  await host.run(['tar', '--extract', '--numeric-owner', `--file=${rootfs}`, '-C', tree], { signal });
  await cp(makerOf(recipe), join(tree, 'tmp', 'initrd'), { recursive: true });
  const maker = [
    '/tmp/initrd/make.sh',
    '/tmp/tiny.img',
    '/tmp/initrd/tiny',
    MODULES.join(' '),
    PROGRAMS.join(' '),
  ];
  await host.run(['chroot', tree, ...maker], { signal });
  await copyFile(join(tree, 'tmp', 'tiny.img'), join(output, TINY_FILES.initrd));
  await copyFile(join(tree, 'boot', await kernelIn(join(tree, 'boot'))), join(output, TINY_FILES.kernel));
}

async function kernelIn(boot: string): Promise<string> {
  const found = (await readdir(boot)).find((name) => name.startsWith('vmlinuz-'));
  if (found === undefined) throw new GocliError('BAD_FILE', 'the packages of the guest hold no kernel');
  return found;
}

function makerOf(recipe: Recipe): string {
  return join(guestFolder(recipe), 'initrd');
}
