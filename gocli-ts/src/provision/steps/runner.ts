import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LABEL } from '../../place/labels.ts';
import { quote } from '../../shared/quote.ts';
import { bootstrap } from '../debian/bootstrap.ts';
import { packTree } from '../image/tree.ts';
import { resultOf } from '../image/results.ts';
import { IMAGE_FILE, type ProvisionStep, type Recipe, type StepContext } from '../step.ts';

/** Folders that qemu and the registry write to, which run as this user, or as root with this group. */
const WRITABLE = ['/var/lib/gocli', '/frozen', '/data', '/data/registry'];
const OWNER = '107';

/** The image below every provider image: qemu, dnsmasq, a registry, and what the containers of a cluster run. */
export const runnerStep: ProvisionStep = {
  name: 'runner',
  title: 'Make the runner image',
  needs: ['resolve'],
  inputs: (recipe) => ({
    values: { folders: WRITABLE.join(' '), owner: OWNER },
    files: [filesOf(recipe), join(folderOf(recipe), 'excluded')],
  }),
  run: makeRunner,
};

async function makeRunner(context: StepContext): Promise<void> {
  const { recipe, scratch, output, docker, host, signal, step, key } = context;
  const files = join(scratch, 'files.tar');
  const tree = join(scratch, 'runner.tar');
  await packTree(host, filesOf(recipe), files, signal);
  await bootstrap({
    pins: await readFile(join(resultOf(context, 'resolve'), 'runner.list'), 'utf8'),
    excluded: await readFile(join(folderOf(recipe), 'excluded'), 'utf8'),
    customizeHooks: [
      `tar-in ${quote(files)} /`,
      `chroot "$1" install -d -m 0770 -o ${OWNER} -g ${OWNER} ${WRITABLE.join(' ')}`,
      // What would make two runners differ, or tell of the host that made them.
      'rm -f "$1"/etc/hostname "$1"/etc/resolv.conf "$1"/etc/machine-id "$1"/var/lib/dbus/machine-id',
    ],
    target: tree,
    scratch,
    host,
    signal,
    onLine: (line) => {
      step.progress({ message: line.replace(/^I: /, '') });
    },
  });
  const id = await docker.images.importRootfs(createReadStream(tree), `gocli/runner:${key.slice(0, 12)}`, {
    changes: [`LABEL ${LABEL.role}=runner`],
    signal,
  });
  await writeFile(join(output, IMAGE_FILE), `${id}\n`);
}

function folderOf({ root }: Recipe): string {
  return join(root, 'runner');
}

function filesOf(recipe: Recipe): string {
  return join(folderOf(recipe), 'files');
}
