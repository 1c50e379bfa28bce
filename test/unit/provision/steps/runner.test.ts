import { writeFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { provision } from '../../../../gocli-ts/src/provision/provision.ts';
import { rootfsStep } from '../../../../gocli-ts/src/provision/steps/rootfs.ts';
import type { ProvisionStep } from '../../../../gocli-ts/src/provision/step.ts';
import { runnerStep } from '../../../../gocli-ts/src/provision/steps/runner.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { FakeHost } from '../../../fakes/host.ts';
import { type Bench, fakeStep, openBench } from '../_bench.ts';

const MIRROR = 'http://mirror.example/debian';

const resolve = fakeStep('resolve', [], {
  run: async ({ output }) => {
    await writeFile(join(output, 'runner.list'), 'libc6=2.41-12\nqemu-utils=1:10.0\n');
    await writeFile(join(output, 'guest.list'), 'libc6=2.41-12\nsystemd=257\n');
  },
});

/** A host whose apt uses a mirror of its own and whose mmdebstrap makes an empty tree. */
function debian(): FakeHost {
  return new FakeHost().respond((argv) => {
    if (argv[0] === 'apt-get') return { stdout: `Debian|Debian|main|bookworm|${MIRROR}\n` };
    if (argv[0] !== 'mmdebstrap') return undefined;
    writeFileSync(
      argv.find((word) => word.endsWith('.tar') && !word.startsWith('-')) ?? '',
      Buffer.alloc(1024),
    );
    return {};
  });
}

async function open(t: ExecutionContext, host: FakeHost): Promise<Bench & { docker: FakeDocker }> {
  const bench = await openBench(t);
  for (const folder of [join('runner', 'files'), join('guest', 'debian-13', 'files')])
    await mkdir(join(bench.root, folder), { recursive: true });
  await writeFile(join(bench.root, 'runner', 'excluded'), '# none\n/usr/share/man/*\n!/usr/share/man/keep\n');
  await writeFile(join(bench.root, 'guest', 'debian-13', 'excluded'), '/usr/share/info/*\n');
  await writeFile(join(bench.root, 'guest', 'debian-13', 'setup.sh'), 'true\n');
  const docker = new FakeDocker();
  return { ...bench, docker, deps: { ...bench.deps, host, docker } };
}

function bootstrapArgv(host: FakeHost): readonly string[] {
  return host.calls.find(({ argv }) => argv[0] === 'mmdebstrap')?.argv ?? [];
}

test('the runner is made of exactly the resolved packages and becomes an image named after its key', async (t) => {
  const host = debian();
  const bench = await open(t, host);
  const { results } = await provision({ folder: bench.folder, steps: [resolve, runnerStep] }, bench.deps);
  const argv = bootstrapArgv(host);
  t.true(argv.includes('--include=libc6=2.41-12,qemu-utils=1:10.0'));
  t.true(argv.includes('--dpkgopt=path-exclude=/usr/share/man/*'));
  t.true(argv.includes('--dpkgopt=path-include=/usr/share/man/keep'));
  const { key = '', result } = results.get('runner') ?? {};
  const id = (await readFile(join(result?.folder ?? '', 'image'), 'utf8')).trim();
  t.deepEqual((await bench.docker.images.inspect(id))?.tags, [`gocli/runner:${key.slice(0, 12)}`]);
});

test('the mirror of the host is used and no hook writes it into the tree', async (t) => {
  const host = debian();
  const bench = await open(t, host);
  await provision({ folder: bench.folder, steps: [resolve, runnerStep] }, bench.deps);
  const argv = bootstrapArgv(host);
  const sources = argv.filter((word) => word.includes(MIRROR));
  t.true(sources.length > 0);
  t.true(sources.every((word) => word.startsWith('deb ')));
});

test('the guest gets its files before and after the packages, and no initramfs yet', async (t) => {
  const host = debian();
  const bench = await open(t, host);
  const { results } = await provision({ folder: bench.folder, steps: [resolve, rootfsStep] }, bench.deps);
  const call = host.calls.find(({ argv }) => argv[0] === 'mmdebstrap');
  t.is(call?.argv.filter((word) => word.includes('=tar-in ')).length, 2);
  t.is(call?.options.env?.['INITRD'], 'No');
  t.is((await readFile(join(results.get('rootfs')?.result.folder ?? '', 'rootfs.tar'))).length, 1024);
});

test('a mirror that does not answer is a failed download', async (t) => {
  const host = debian().respond((argv) =>
    argv[0] === 'mmdebstrap' ? { exitCode: 1, stderr: 'E: Failed to fetch libc6' } : undefined,
  );
  const bench = await open(t, host);
  const error = await t.throwsAsync(
    provision({ folder: bench.folder, steps: [resolve, rootfsStep] }, bench.deps),
  );
  t.true(isCode(error, 'DOWNLOAD'));
});

const PLAIN = `apiVersion: gocli.io/v1
kind: Provider
name: vm-debian-13
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: 1024M, disk: 10G }
vm: { user: debian }
`;

/** The folder of a provider of plain machines, whose `resolve` finds other packages for the guest. */
async function openPlain({ root }: Bench): Promise<string> {
  const folder = join(root, 'vm', 'debian-13');
  const guest = join(root, 'guest', 'debian-13', 'vm');
  await mkdir(join(guest, 'files'), { recursive: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'provider.yaml'), PLAIN);
  await writeFile(join(guest, 'without'), '# of a node\netc/containerd\n');
  await writeFile(join(guest, 'setup.sh'), 'true\n');
  return folder;
}

const otherResolve = (runner: string): ProvisionStep =>
  fakeStep('resolve', [], {
    values: { guest: 'plain', runner },
    run: async ({ output }) => {
      await writeFile(join(output, 'runner.list'), runner);
      await writeFile(join(output, 'guest.list'), 'systemd=257\n');
    },
  });

test('a runner of the same packages and files is not made twice', async (t) => {
  const host = debian();
  const bench = await open(t, host);
  const runs = (): number => host.calls.filter(({ argv }) => argv[0] === 'mmdebstrap').length;
  const first = await provision({ folder: bench.folder, steps: [resolve, runnerStep] }, bench.deps);
  const folder = await openPlain(bench);
  const imageOf = async ({ results }: typeof first): Promise<string> =>
    readFile(join(results.get('runner')?.result.folder ?? '', 'image'), 'utf8');
  const same = otherResolve('libc6=2.41-12\nqemu-utils=1:10.0\n');
  const second = await provision({ folder, steps: [same, runnerStep] }, bench.deps);
  t.is(await imageOf(second), await imageOf(first));
  t.is(runs(), 1);
  const other = otherResolve('libc6=2.41-12\nqemu-utils=1:10.1\n');
  await provision({ folder, steps: [other, runnerStep] }, bench.deps);
  t.is(runs(), 2, 'other packages make another runner');
});

test('a plain machine has the files of a node but for those of Kubernetes, its own ones and its user', async (t) => {
  const host = debian();
  const bench = await open(t, host);
  const folder = await openPlain(bench);
  await provision({ folder, steps: [resolve, rootfsStep] }, bench.deps);
  const packed = host.calls.filter(({ argv }) => argv[0] === 'tar');
  t.is(packed.length, 2);
  t.true(packed[0]?.argv.includes('--exclude=./etc/containerd'));
  const argv = bootstrapArgv(host);
  t.is(argv.filter((word) => word.includes('=tar-in ')).length, 4);
  t.true(argv.includes('--customize-hook=chroot "$1" sh /setup.sh debian'));
});
