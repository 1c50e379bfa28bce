import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import { formatBytes } from '../../shared/size.ts';
import { proxyOf } from '../build-machine/proxy.ts';
import { openBox, temporaryName } from '../image/box.ts';
import { imageOf, ownUser, resultOf } from '../image/results.ts';
import type { Inventory } from '../sbom/cyclonedx.ts';
import { parseDpkgStatus } from '../sbom/dpkg.ts';
import { readGoPrograms } from '../sbom/go.ts';
import { readBuildFacts } from '../seal/build-facts.ts';
import { listCommands, listDisk, requireWhole } from '../seal/disk-listing.ts';
import { scanTree, type TreeReport } from '../seal/scan.ts';
import type { ProvisionStep, StepContext } from '../step.ts';

/** File of the result: what the disk and the runner hold, for the bill of materials. */
export const INVENTORY_FILE = 'inventory.json';

/** Searches the finished disk and the runner, offline, for what must not be in an image, and takes their inventory. */
export const sealStep: ProvisionStep = {
  name: 'seal',
  title: 'Search disk and runner for secrets and traces',
  needs: ['runner', 'components', 'vm'],
  inputs: () => ({ values: { rules: '2' }, files: [] }),
  run: async (context) => {
    const trees = await unpack(context);
    const inventories: Inventory[] = [];
    const finds: string[] = [];
    for (const [tree, folder] of Object.entries(trees)) {
      const report = await examine(context, tree, folder);
      finds.push(...report.finds.map(({ path, what }) => `${tree}:${path}: ${what}`));
      inventories.push(await takeInventory(context, tree, folder, report));
    }
    if (finds.length > 0) throw leaky(finds);
    await writeFile(join(context.output, INVENTORY_FILE), JSON.stringify(inventories));
  },
};

/** Folders of the host with the root file systems of the guest's disk and of the runner. */
async function unpack(context: StepContext): Promise<Record<'guest' | 'runner', string>> {
  const trees = { guest: join(context.scratch, 'guest'), runner: join(context.scratch, 'runner') };
  await Promise.all(Object.values(trees).map((folder) => mkdir(folder)));
  await Promise.all([unpackDisk(context), unpackRunner(context, trees.runner)]);
  return trees;
}

/** debugfs reads ext4 without a mount, so nothing here needs a capability. */
async function unpackDisk(context: StepContext): Promise<void> {
  const mounts = [
    { type: 'bind' as const, source: context.scratch, target: '/scratch' },
    {
      type: 'bind' as const,
      source: join(resultOf(context, 'vm'), 'disk.qcow2'),
      target: '/disk.qcow2',
      readOnly: true,
    },
  ];
  await using box = await openBox(context, {
    image: await imageOf(context, 'runner'),
    mounts,
    user: ownUser(),
  });
  await box.run(['qemu-img', 'convert', '-O', 'raw', '/disk.qcow2', '/scratch/disk.raw']);
  await box.run(['debugfs', '-R', 'rdump / /scratch/guest', '/scratch/disk.raw']);
  const files = await listDisk(async (inodes) => {
    await writeFile(join(context.scratch, 'commands'), listCommands(inodes));
    return box.run(['debugfs', '-f', '/scratch/commands', '/scratch/disk.raw']);
  });
  await requireWhole(join(context.scratch, 'guest'), files);
}

async function unpackRunner(context: StepContext, folder: string): Promise<void> {
  const { docker, host, labels, signal } = context;
  const id = await docker.containers.create({
    name: temporaryName(),
    image: await imageOf(context, 'runner'),
    labels,
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    entrypoint: ['/bin/true'],
  });
  try {
    const stream = await docker.containers.getArchive(id, '/', signal);
    // Devices cannot be made by every user and hold nothing; Docker puts its own into the container anyway.
    const argv = [
      'tar',
      '--extract',
      '--file=-',
      '--no-same-owner',
      '--exclude=./dev',
      '--exclude=dev',
      '-C',
      folder,
    ] as const;
    await host.run([...argv], { stdin: stream, signal });
  } finally {
    await docker.containers.remove(id);
  }
}

async function examine(context: StepContext, tree: string, folder: string): Promise<TreeReport> {
  const facts = await readBuildFacts(context.host, proxyOf(context.recipe), context.signal);
  const report = await scanTree(folder, facts, context.signal);
  if (report.files < 100) {
    throw new GocliError(
      'SEAL',
      `only ${report.files} files could be read of the ${tree}: it cannot have been searched`,
    );
  }
  context.step.progress({ message: `${tree}: ${report.files} files, ${formatBytes(report.bytes)}` });
  return report;
}

async function takeInventory(
  { host, signal }: StepContext,
  tree: string,
  folder: string,
  { goPrograms }: Pick<TreeReport, 'goPrograms'>,
): Promise<Inventory> {
  const status = await readFile(join(folder, 'var/lib/dpkg/status'), 'utf8');
  return {
    tree,
    packages: parseDpkgStatus(status),
    programs: await readGoPrograms(host, folder, goPrograms, signal),
  };
}

function leaky(finds: readonly string[]): GocliError {
  return new GocliError('SEAL', `the image may not be published: ${finds.length} finds`, {
    observed: finds.slice(0, 40).join('\n'),
    hint: 'Remove them in provision.sh, the guest definition or runner/.',
  });
}
