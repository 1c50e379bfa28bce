import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../../shared/quote.ts';
import { bootstrap } from '../debian/bootstrap.ts';
import { resultOf } from '../image/results.ts';
import { packTree } from '../image/tree.ts';
import type { ProvisionStep, Recipe, StepContext } from '../step.ts';

/** File in the result: the guest's root file system without programs of components and without images. */
export const ROOTFS_FILE = 'rootfs.tar';

/** The guest's root file system: Debian packages, the files of the guest folder, and its setup script. */
export const rootfsStep: ProvisionStep = {
  name: 'rootfs',
  title: "Make the guest's root file system",
  needs: ['resolve'],
  inputs: (recipe) => ({
    values: {},
    files: ['files', 'setup.sh', 'excluded'].map((name) => join(guestFolder(recipe), name)),
  }),
  run: makeRootfs,
};

/** `cluster-provision/guest/debian-13`. */
export function guestFolder({ root, provider }: Recipe): string {
  return join(root, 'guest', provider.guest);
}

async function makeRootfs(context: StepContext): Promise<void> {
  const { recipe, scratch, output, host, signal, step } = context;
  const guest = guestFolder(recipe);
  const files = join(scratch, 'files.tar');
  await packTree(host, join(guest, 'files'), files, signal);
  await bootstrap({
    pins: await readFile(join(resultOf(context, 'resolve'), 'guest.list'), 'utf8'),
    excluded: await readFile(join(guest, 'excluded'), 'utf8'),
    // Before the packages, so that their scripts see the settings; and after, for what packages bring themselves.
    setupHooks: [`tar-in ${quote(files)} /`],
    customizeHooks: [
      `copy-in ${quote(join(guest, 'setup.sh'))} /`,
      'chroot "$1" sh /setup.sh',
      'rm "$1"/setup.sh',
      `tar-in ${quote(files)} /`,
    ],
    target: join(output, ROOTFS_FILE),
    scratch,
    // The disk step makes the initramfs, from a list of its own (kernel-img hooks of initramfs-tools).
    env: { INITRD: 'No' },
    host,
    signal,
    onLine: (line) => {
      step.progress({ message: line.replace(/^I: /, '') });
    },
  });
}
