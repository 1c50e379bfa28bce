import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerSpec, Docker } from '../../gocli-ts/src/place/interface.ts';
import { FACTS_LABEL, type ProviderFacts } from '../../gocli-ts/src/provider/facts.ts';
import { IMAGE_PATH } from '../../gocli-ts/src/provider/image-path.ts';
import { digestInputs } from '../../gocli-ts/src/provision/hash.ts';
import { temporaryName } from '../../gocli-ts/src/provision/image/box.ts';
import { labelInstruction } from '../../gocli-ts/src/provision/image/labels.ts';
import { imageOf, resultOf } from '../../gocli-ts/src/provision/image/results.ts';
import { guestFolder } from '../../gocli-ts/src/provision/guest-folder.ts';
import type { StepContext } from '../../gocli-ts/src/provision/step.ts';
import { ROOTFS_FILE } from '../../gocli-ts/src/provision/steps/rootfs.ts';
import { TINY_FILES } from '../../gocli-ts/src/provision/steps/tiny.ts';
import { CHECKOUT } from './cli.ts';
import { provisionTiny, type TinyImageOptions } from './tiny-image.ts';

const GUEST = join(CHECKOUT, 'test', 'guest', 'disk');
/** Those of the tiny guest, and ext4. */
const MODULES = 'virtio_pci virtio_blk virtio_net virtio_console virtio_rng vmgenid evdev button ext4';
/** sshd of OpenSSH 10 is three programs. */
const PROGRAMS = [
  '/usr/sbin/qemu-ga',
  '/usr/sbin/sshd',
  '/usr/lib/openssh/sshd-session',
  '/usr/lib/openssh/sshd-auth',
  '/usr/bin/ssh-keygen',
].join(' ');

/**
 * A provider image without Kubernetes, with the disk guest of test/guest/disk: a disk of 64 MiB at /data and an ssh
 * server, up in seconds. Runner, kernel and root file system are those of the real provisioning steps, and so is the
 * guest of the accelerator's probe. Options are kernel arguments (see test/guest/disk/init) and the number of nodes.
 * Made once; returns its reference `gocli/tiny-disk:<hash>`.
 */
export async function diskImage(docker: Docker, options: TinyImageOptions = {}): Promise<string> {
  const facts: ProviderFacts = {
    format: 1,
    name: 'tiny-disk',
    defaults: { nodes: options.nodes ?? 1, cpus: 1, memoryMiB: 256 },
    kernelArgs: [...(options.kernelArgs ?? [])],
    disk: true,
    tiny: {},
  };
  const base = await baseImage(docker);
  const reference = referenceFor([base, facts]);
  if ((await docker.images.inspect(reference)) === undefined) {
    await commitFrom(docker, { image: base, capabilities: [] }, reference, [
      labelInstruction([FACTS_LABEL, JSON.stringify(facts)]),
    ]);
  }
  return reference;
}

/** The image without facts, so that only one of many with different facts takes the time to be made. */
async function baseImage(docker: Docker): Promise<string> {
  const { recipe, results: made } = await provisionTiny(docker);
  const maker = join(guestFolder(recipe), 'initrd', 'make.sh');
  const inputs = await digestInputs(
    { values: { modules: MODULES, programs: PROGRAMS }, files: [GUEST, maker] },
    CHECKOUT,
  );
  const reference = referenceFor([[...made.values()].map(({ key }) => key), inputs]);
  if ((await docker.images.inspect(reference)) === undefined) {
    const context = {
      results: Object.fromEntries([...made].map(([name, { result }]) => [name, result.folder])),
    };
    const spec = {
      image: await imageOf(context, 'runner'),
      capabilities: ['SYS_CHROOT'],
      // The root file system stays out of the image.
      mounts: [{ type: 'volume', target: '/build' }],
    } as const;
    await commitFrom(docker, spec, reference, [], async (id) => {
      await fill(docker, id, context, maker);
      await run(docker, id, ['sh', '/build/make.sh', MODULES, PROGRAMS]);
    });
  }
  return reference;
}

function referenceFor(inputs: unknown): string {
  return `gocli/tiny-disk:${createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 12)}`;
}

/** What make.sh works on below /build, and what is in the image as it is. */
async function fill(
  { containers }: Docker,
  id: string,
  context: Pick<StepContext, 'results'>,
  maker: string,
): Promise<void> {
  const tiny = resultOf(context, 'tiny');
  await containers.putFiles(id, '/', [
    { path: 'build/make.sh', content: await readFile(join(GUEST, 'make.sh')) },
    { path: 'build/root/tmp/initrd.sh', content: await readFile(maker) },
    { path: 'build/root/tmp/init', content: await readFile(join(GUEST, 'init')) },
    { path: IMAGE_PATH.kernel.slice(1), content: await readFile(join(tiny, TINY_FILES.kernel)) },
    { path: IMAGE_PATH.tiny.slice(1), content: await readFile(join(tiny, TINY_FILES.initrd)) },
  ]);
  const rootfs = createReadStream(join(resultOf(context, 'rootfs'), ROOTFS_FILE));
  await containers.putArchive(id, '/build/root', rootfs);
}

/** Commits a container, in which something may be done before. */
async function commitFrom(
  docker: Docker,
  spec: Pick<ContainerSpec, 'image' | 'capabilities' | 'mounts'>,
  reference: string,
  changes: readonly string[],
  work: (id: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const id = await docker.containers.create({
    ...spec,
    name: temporaryName(),
    labels: {},
    network: 'none',
    noNewPrivileges: true,
    command: ['sleep', 'infinity'],
  });
  try {
    await docker.containers.start(id);
    await work(id);
    await docker.containers.stop(id, 0);
    await docker.images.commit(id, reference, { changes });
  } finally {
    await docker.containers.remove(id);
  }
}

async function run(docker: Docker, id: string, argv: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await docker.containers.exec(id, argv);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} failed:\n${stdout}\n${stderr}`);
}
