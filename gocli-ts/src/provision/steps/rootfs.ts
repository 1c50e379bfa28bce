import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../../shared/quote.ts';
import { bootstrap, contentLines } from '../debian/bootstrap.ts';
import { guestFolder, guestPart } from '../guest-folder.ts';
import { resultOf } from '../image/results.ts';
import { descentOf } from '../provider-files.ts';
import { packTree } from '../image/tree.ts';
import type { ProvisionStep, Recipe, StepContext } from '../step.ts';

/** File in the result: the guest's root file system without programs of components and without images. */
export const ROOTFS_FILE = 'rootfs.tar';

/** The guest's root file system: Debian packages, the files of the guest folder, and its setup script. */
export const rootfsStep: ProvisionStep = {
  name: 'rootfs',
  title: "Make the guest's root file system",
  needs: ['resolve'],
  inputs: async (recipe) => {
    const user = recipe.build.user?.(recipe);
    return {
      values: { ...(user === undefined ? {} : { user }), ...descentOf(recipe) },
      files: await partsOf(recipe),
    };
  },
  run: makeRootfs,
};

/** Files and folders that the root file system is made from. */
async function partsOf(recipe: Recipe): Promise<string[]> {
  const shared = ['files', 'excluded'].map((name) => join(guestFolder(recipe), name));
  const { without, more } = await recipe.build.files(recipe);
  return [...shared, guestPart(recipe, 'setup.sh'), ...(without === undefined ? [] : [without]), ...more];
}

/** Archives of the files that go into the guest, in order: those of every guest, and those of its kind and provider. */
async function packFiles({ recipe, scratch, host, signal }: StepContext): Promise<string[]> {
  const { without, more } = await recipe.build.files(recipe);
  const excluded = without === undefined ? [] : contentLines(await readFile(without, 'utf8'));
  const shared = join(scratch, 'files.tar');
  await packTree(host, join(guestFolder(recipe), 'files'), shared, signal, excluded);
  const archives = more.map((folder, at) => ({ folder, archive: join(scratch, `files-${at}.tar`) }));
  for (const { folder, archive } of archives) await packTree(host, folder, archive, signal);
  return [shared, ...archives.map(({ archive }) => archive)];
}

async function makeRootfs(context: StepContext): Promise<void> {
  const { recipe, scratch, output, host, signal, step } = context;
  const putFiles = (await packFiles(context)).map((archive) => `tar-in ${quote(archive)} /`);
  const user = recipe.build.user?.(recipe);
  await bootstrap({
    pins: await readFile(join(resultOf(context, 'resolve'), 'guest.list'), 'utf8'),
    excluded: await readFile(join(guestFolder(recipe), 'excluded'), 'utf8'),
    // Before the packages, so that their scripts see the settings; and after, for what packages bring themselves.
    setupHooks: putFiles,
    customizeHooks: [
      `copy-in ${quote(guestPart(recipe, 'setup.sh'))} /`,
      `chroot "$1" sh /setup.sh${user === undefined ? '' : ` ${quote(user)}`}`,
      'rm "$1"/setup.sh',
      ...putFiles,
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
