import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LABEL } from '../../place/labels.ts';
import { quote } from '../../shared/quote.ts';
import { bootstrap } from '../debian/bootstrap.ts';
import { changedInputs, digestInputs } from '../hash.ts';
import { packTree } from '../image/tree.ts';
import { readImage, Store } from '../result-store.ts';
import { readIfThere } from '../../host/atomic-files.ts';
import { resultOf } from '../image/results.ts';
import { IMAGE_FILE, type ProvisionStep, type Recipe, type StepContext } from '../step.ts';

/** Folders that qemu and the registry write to, which run as this user, or as root with this group. */
const WRITABLE = ['/var/lib/gocli', '/frozen', '/data', '/data/registry'];
const OWNER = '107';
/** Input by which a result of this step names the packages that it was made of; see hash.ts. */
const RESOLVED = 'need:resolve';

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

/**
 * The image of an earlier result that was made of just the same packages and files: its key differs where a provider
 * resolves other packages beside those of the runner.
 */
async function sameRunner({ recipe, paths, docker, results }: StepContext): Promise<string | undefined> {
  const store = new Store(paths);
  const own = await digestInputs(await runnerStep.inputs(recipe), recipe.root);
  const pins = await pinsOf(results.resolve);
  for (const result of await store.all('runner')) {
    const { [RESOLVED]: resolved = '', ...inputs } = result.record.inputs;
    const image = await readImage(result);
    if (image === undefined || changedInputs(inputs, own).length > 0) continue;
    const there = await store.find('resolve', resolved);
    if (there === undefined || (await pinsOf(there.folder)) !== pins) continue;
    if ((await docker.images.inspect(image)) !== undefined) return image;
  }
  return undefined;
}

function pinsOf(folder = ''): Promise<string | undefined> {
  return readIfThere(join(folder, 'runner.list'));
}

async function makeRunner(context: StepContext): Promise<void> {
  const image = await sameRunner(context);
  if (image !== undefined) {
    context.step.note('that of another provider');
    await writeFile(join(context.output, IMAGE_FILE), `${image}\n`);
    return;
  }
  await buildRunner(context);
}

async function buildRunner(context: StepContext): Promise<void> {
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
