import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createInterface } from 'node:readline';
import { GocliError } from '../../errors/error.ts';
import { lastLines } from '../../shared/text.ts';
import { guestFolder, guestPart } from '../guest-folder.ts';
import { temporaryName } from '../image/box.ts';
import { tarArguments } from '../image/layer.ts';
import { imageOf, resultOf } from '../image/results.ts';
import type { ProvisionStep, Recipe, StepContext } from '../step.ts';
import {
  buildParts,
  CHECKED,
  cloudInitFiles,
  cloudInitText,
  renderedFiles,
  SCHEMA_CHECK,
} from '../build-machine/cloud-init.ts';
import { PROGRAM_FOLDER } from './built-before.ts';
import { IMAGES_FILE } from './images.ts';
import { ROOTFS_FILE } from './rootfs.ts';

/** containerd's import mounts, and the root file system has owners and device nodes: more than any other container. */
const CAPABILITIES = [
  'SYS_ADMIN',
  'SYS_CHROOT',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'MKNOD',
  'SETFCAP',
  'SETUID',
  'SETGID',
];
const ROOT = '/build/root';

/** The node's disk, its kernel and its initramfs: root file system, programs, and images unpacked for containerd. */
export const diskStep: ProvisionStep = {
  name: 'disk',
  title: 'Make the disk',
  needs: ['runner', 'components', 'rootfs', 'images'],
  inputs: async (recipe) => ({
    values: {
      size: recipe.provider.defaults.disk,
      components: JSON.stringify(recipe.provider.components),
      sandbox: sandboxConfig(recipe) ?? '',
      ...(await renderedFiles(recipe)),
    },
    files: await filesOf(recipe),
  }),
  run: makeDisk,
};

async function filesOf(recipe: Recipe): Promise<string[]> {
  const { build } = recipe;
  const makers = build.makers.map((name) => guestPart(recipe, name));
  const initrd = join(guestFolder(recipe), 'initrd', build.initrd);
  return [...makers, initrd, ...(build.cloudInit ? await cloudInitFiles(recipe) : [])];
}

async function makeDisk(context: StepContext): Promise<void> {
  const { docker, labels } = context;
  const id = await docker.containers.create({
    name: temporaryName(),
    image: await imageOf(context, 'runner'),
    labels,
    network: 'none',
    capabilities: CAPABILITIES,
    noNewPrivileges: false,
    unconfined: true,
    // A volume: overlayfs, which containerd unpacks onto, cannot stand on the container's own.
    mounts: [{ type: 'volume', target: '/build' }],
    entrypoint: ['sleep'],
    command: ['infinity'],
  });
  try {
    await docker.containers.start(id);
    await fill(context, id);
    if (context.recipe.build.cloudInit) await checkUserData(context, id);
    await runScript(context, id);
    await takeOut(context, id);
  } finally {
    await docker.containers.remove(id);
  }
}

async function fill(context: StepContext, id: string): Promise<void> {
  const { recipe, docker, step } = context;
  step.progress({ message: 'unpacking the root file system' });
  await inside(context, id, ['mkdir', '-p', ROOT, '/build/images', '/build/initrd']);
  await docker.containers.putArchive(
    id,
    ROOT,
    createReadStream(join(resultOf(context, 'rootfs'), ROOTFS_FILE)),
    context.signal,
  );
  step.progress({ message: 'adding programs and images' });
  await addPrograms(context, id);
  const sandbox = sandboxConfig(recipe);
  if (sandbox !== undefined) {
    await docker.containers.putFiles(id, ROOT, [
      { path: 'etc/containerd/conf.d/sandbox.toml', content: sandbox },
    ]);
  }
  await putTar(context, id, '/build/images', join(resultOf(context, 'images')), [IMAGES_FILE], '.');
  await putTar(context, id, '/build', guestFolder(recipe), ['initrd'], '.');
  await putTar(context, id, '/build', guestPart(recipe, '.'), recipe.build.makers, '.');
}

/** Checks what cloud-init is to do. @throws GocliError BAD_FILE with what its schema refuses */
async function checkUserData(context: StepContext, id: string): Promise<void> {
  const { docker, signal, step } = context;
  for (const { userData } of await buildParts(context.recipe)) {
    if (userData === undefined) continue;
    step.progress({ message: 'checking user-data' });
    const content = await cloudInitText(context.recipe, userData);
    await docker.containers.putFiles(id, ROOT, [{ path: CHECKED, content }]);
    await checkSeed(context, id, userData);
  }
  await docker.containers.exec(id, ['rm', '-f', `${ROOT}/${CHECKED}`], { signal });
}

async function checkSeed(context: StepContext, id: string, userData: string): Promise<void> {
  const argv = ['chroot', ROOT, ...SCHEMA_CHECK];
  const { exitCode, stdout, stderr } = await context.docker.containers.exec(id, argv, {
    signal: context.signal,
  });
  if (exitCode === 0) return;
  throw new GocliError('BAD_FILE', `${userData} is refused by cloud-init`, {
    observed: lastLines(`${stdout}\n${stderr}`, 15),
  });
}

/** Programs of the components into the folders of the node, and links for the further names of each. */
async function addPrograms(context: StepContext, id: string): Promise<void> {
  const bin = join(resultOf(context, 'components'), PROGRAM_FOLDER);
  for (const { nodePrograms, nodeFolder, names } of context.recipe.provider.components) {
    if (nodePrograms.length === 0) continue;
    await putTar(context, id, ROOT, bin, nodePrograms, nodeFolder.slice(1));
    for (const name of names) {
      await inside(context, id, ['ln', '-sfn', nodePrograms[0] ?? '', `${ROOT}${nodeFolder}/${name}`]);
    }
  }
}

async function putTar(
  { docker, host, signal }: StepContext,
  id: string,
  target: string,
  folder: string,
  names: readonly string[],
  below: string,
): Promise<void> {
  const stream = new PassThrough();
  const packing = host.run(tarArguments(below, [{ folder, names }]), { stdout: stream, signal });
  packing.catch((error: unknown) => stream.destroy(error instanceof Error ? error : undefined));
  await Promise.all([packing, docker.containers.putArchive(id, target, stream, signal)]);
}

async function runScript(context: StepContext, id: string): Promise<void> {
  const stdout = new PassThrough();
  createInterface({ input: stdout }).on('line', (message) => {
    context.step.progress({ message });
  });
  await inside(context, id, ['sh', '/build/make-disk.sh', context.recipe.provider.defaults.disk], stdout);
}

async function inside(
  { docker, signal }: StepContext,
  id: string,
  argv: readonly string[],
  stdout?: PassThrough,
): Promise<void> {
  const result = await docker.containers.exec(id, argv, {
    signal,
    ...(stdout === undefined ? {} : { stdout }),
  });
  if (result.exitCode === 0) return;
  throw new GocliError('REMOTE_COMMAND', `${argv.slice(0, 2).join(' ')} failed while the disk was made`, {
    observed: lastLines(`${result.stdout}\n${result.stderr}`, 15),
  });
}

async function takeOut({ docker, host, output, signal }: StepContext, id: string): Promise<void> {
  const stdin = await docker.containers.getArchive(id, '/build/out', signal);
  await host.run(['tar', '--extract', '--file=-', '--no-same-owner', '--strip-components=1', '-C', output], {
    stdin,
    signal,
  });
}

/** containerd's own default names another version of the pause image than kubeadm pulls. */
function sandboxConfig({ provider }: Recipe): string | undefined {
  const pause = provider.images.find(({ name }) => /\/pause:/.test(name));
  if (pause === undefined) return undefined;
  return `version = 3\n[plugins.'io.containerd.cri.v1.images'.pinned_images]\n  sandbox = '${pause.name}'\n`;
}
