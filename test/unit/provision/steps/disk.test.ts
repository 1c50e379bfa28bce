import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { localHost } from '../../../../gocli-ts/src/host/exec.ts';
import { provision } from '../../../../gocli-ts/src/provision/provision.ts';
import type { ProvisionStep } from '../../../../gocli-ts/src/provision/step.ts';
import { diskStep } from '../../../../gocli-ts/src/provision/steps/disk.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { type Bench, fakeStep, openBench, PROVIDER_YAML } from '../_bench.ts';

const PROVIDER = `${PROVIDER_YAML}
components:
  - { name: kubernetes, names: [kubeadm, kubelet], nodePrograms: [kubernetes] }
  - { name: cni-plugins, nodePrograms: [bridge], nodeFolder: /opt/cni/bin }
  - { name: etcd }
images:
  - { name: 'registry.k8s.io/pause:3.10.2' }
`;

interface DiskBench extends Bench {
  readonly docker: FakeDocker;
  readonly steps: readonly ProvisionStep[];
}

async function open(t: ExecutionContext): Promise<DiskBench> {
  const bench = await openBench(t);
  await writeFile(join(bench.folder, 'provider.yaml'), PROVIDER);
  const guest = join(bench.root, 'guest', 'debian-13');
  await mkdir(join(guest, 'initrd'), { recursive: true });
  await writeFile(join(guest, 'initrd', 'make.sh'), 'true\n');
  await writeFile(join(guest, 'make-disk.sh'), 'true\n');
  const docker = new FakeDocker();
  const { id } = docker.addImage('gocli/runner:test');
  const steps = [
    fakeStep('runner', [], { run: ({ output }) => writeFile(join(output, 'image'), `${id}\n`) }),
    fakeStep('components', [], { run: ({ output }) => writePrograms(join(output, 'bin')) }),
    // An empty archive is two blocks of zeros.
    fakeStep('rootfs', [], {
      run: ({ output }) => writeFile(join(output, 'rootfs.tar'), Buffer.alloc(1024)),
    }),
    fakeStep('images', [], { run: ({ output }) => writeFile(join(output, 'images.tar'), 'images') }),
    diskStep,
  ];
  const host = localHost(process.env);
  return { ...bench, docker, steps, deps: { ...bench.deps, host, docker } };
}

async function writePrograms(folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of ['kubernetes', 'bridge', 'etcd'])
    await writeFile(join(folder, name), name, { mode: 0o755 });
}

/** What the container holds when the disk is made of it; the script then answers with a disk. */
function makeDisks(docker: FakeDocker): Map<string, string> {
  const seen = new Map<string, string>();
  docker.onExec((argv, { id }) => {
    if (argv[1] !== '/build/make-disk.sh') return undefined;
    const files = docker.containerStore.get(id)?.files ?? new Map<string, Buffer>();
    for (const [path, content] of files) seen.set(normalize(path), content.toString());
    for (const name of ['disk.qcow2', 'vmlinuz', 'initrd.img'])
      files.set(`/build/out/${name}`, Buffer.from(name));
    return {};
  });
  return seen;
}

test('programs are where the provider wants them, images and scripts are at hand', async (t) => {
  const { docker, deps, folder, steps } = await open(t);
  const seen = makeDisks(docker);
  await provision({ folder, steps }, deps);
  t.is(seen.get('/build/root/usr/local/bin/kubernetes'), 'kubernetes');
  t.is(seen.get('/build/root/opt/cni/bin/bridge'), 'bridge');
  t.false([...seen.keys()].some((path) => path.endsWith('/etcd')));
  t.is(seen.get('/build/images/images.tar'), 'images');
  t.true(seen.has('/build/make-disk.sh') && seen.has('/build/initrd/make.sh'));
});

test('further names of a program are links beside it', async (t) => {
  const { docker, deps, folder, steps } = await open(t);
  makeDisks(docker);
  await provision({ folder, steps }, deps);
  const links = docker.calls
    .filter(({ method }) => method === 'containers.exec')
    .map(({ args }) => args[1] as readonly string[])
    .filter(([program]) => program === 'ln');
  t.deepEqual(
    links.map((argv) => argv.slice(-2)),
    [
      ['kubernetes', '/build/root/usr/local/bin/kubeadm'],
      ['kubernetes', '/build/root/usr/local/bin/kubelet'],
    ],
  );
});

test("containerd is told the provider's pause image", async (t) => {
  const { docker, deps, folder, steps } = await open(t);
  const seen = makeDisks(docker);
  await provision({ folder, steps }, deps);
  t.regex(
    seen.get('/build/root/etc/containerd/conf.d/sandbox.toml') ?? '',
    /^\s*sandbox = 'registry\.k8s\.io\/pause:3\.10\.2'$/m,
  );
});

test('the result is the disk, the kernel and the initramfs, and the container is gone', async (t) => {
  const { docker, deps, folder, steps } = await open(t);
  makeDisks(docker);
  const { results } = await provision({ folder, steps }, deps);
  for (const name of ['disk.qcow2', 'vmlinuz', 'initrd.img'])
    t.is(await readFile(join(results.get('disk')?.result.folder ?? '', name), 'utf8'), name);
  t.is(docker.containerStore.size, 0);
});

test('a failure says what was seen last and leaves no container', async (t) => {
  const { docker, deps, folder, steps } = await open(t);
  docker.onExec((argv) =>
    argv[1] === '/build/make-disk.sh' ? { exitCode: 1, stderr: 'containerd does not start' } : undefined,
  );
  const error = await t.throwsAsync(provision({ folder, steps }, deps));
  t.true(isCode(error, 'REMOTE_COMMAND') && error.observed?.includes('containerd does not start') === true);
  t.is(docker.containerStore.size, 0);
});
