import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { dockerodeEngine } from '../../gocli-ts/src/place/docker/dockerode.ts';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import { Agent } from '../../gocli-ts/src/machine/agent.ts';
import { userPaths } from '../../gocli-ts/src/host/paths.ts';
import { gocli, outputOf } from '../helpers/cli.ts';
import { meddle } from '../helpers/meddle.ts';
import { IMAGE, PROVIDER, providerFolder } from '../helpers/provider.ts';

const FOLDER = await providerFolder();
const docker = dockerodeEngine(process.env);

test.before('the provider is there', async (t) => {
  t.timeout(85 * 60_000);
  const built = await gocli(['provision', FOLDER]);
  t.is(built.exitCode, 0, outputOf(built));
});

/** Sends SIGTERM so many milliseconds after a step began. */
async function interrupt(
  t: ExecutionContext,
  argv: readonly string[],
  step: string,
  ms: number,
): Promise<void> {
  const { exitCode, stderr } = await meddle(argv, { step, ms }, (child) => child.kill('SIGTERM'));
  t.is(exitCode, 143, stderr);
  t.regex(stderr, /GOCLI-E700/);
}

/** What a provisioning has under way: folders of unfinished steps, and containers. */
async function underWay(): Promise<string[]> {
  const root = join(userPaths(process.env).cache, 'provision');
  const folders = await Promise.all(
    (await readdir(root)).map(async (step) =>
      (await readdir(join(root, step))).map((one) => join(step, one)),
    ),
  );
  const containers = await docker.containers.list({ [LABEL.run]: '' });
  return [
    ...folders.flat().filter((one) => one.includes('work-')),
    ...containers.map(({ name }) => name).filter((name) => !name.startsWith('gocli-template-')),
  ];
}

for (const [step, ms] of [
  ['components', 4000],
  ['vm', 12_000],
  ['commit', 1000],
] as const) {
  test.serial(`SIGTERM while ${step} runs leaves nothing, and what was there before is kept`, async (t) => {
    t.timeout(10 * 60_000);
    const before = await underWay();
    const images = (await docker.images.inspect(IMAGE))?.id;
    await interrupt(t, ['provision', FOLDER, '--phases', step, '--force', step], step, ms);
    t.deepEqual(await underWay(), before);
    t.is((await docker.images.inspect(IMAGE))?.id, images);
    const again = await gocli(['provision', FOLDER]);
    t.is(again.exitCode, 0, outputOf(again));
    t.regex(again.stderr + again.stdout, /Nothing changed/);
  });
}

test.serial('SIGTERM while kubeadm runs leaves nothing', async (t) => {
  t.timeout(10 * 60_000);
  const name = 'e2e-interrupted';
  await interrupt(t, ['run', PROVIDER, '--name', name, '--no-template'], 'kubeadm', 5000);
  t.deepEqual(await docker.containers.list({ [LABEL.cluster]: name }), []);
  t.deepEqual(await docker.volumes.list({ [LABEL.cluster]: name }), []);
  t.is((await gocli(['status', '--name', name])).exitCode, 4);
});

test.serial('when kubeadm fails its own last lines are in the error, and nothing stays', async (t) => {
  t.timeout(10 * 60_000);
  const name = 'e2e-refused';
  const argv = ['run', PROVIDER, '--name', name, '--no-template'];
  const { exitCode, stderr } = await meddle(argv, { step: 'boot' }, async () => {
    const [node] = await docker.containers.list({ [LABEL.cluster]: name, [LABEL.node]: 'node01' });
    const signal = AbortSignal.timeout(120_000);
    await using agent = await Agent.open(docker, node?.id ?? '', 'node01', signal);
    // Where kubeadm puts certificates there is a file.
    const script = 'rm -rf /etc/kubernetes/pki; mkdir -p /etc/kubernetes; touch /etc/kubernetes/pki';
    await agent.execute('guest-exec', { path: '/bin/sh', arg: ['-c', script] }, signal);
  });
  t.is(exitCode, 1, stderr);
  t.regex(stderr, /kubeadm init on node01 ended with code 1/);
  t.regex(stderr, /error execution phase certs/);
  t.deepEqual(await docker.containers.list({ [LABEL.cluster]: name }), []);
  t.is((await gocli(['status', '--name', name])).exitCode, 4);
});

test.serial(
  'a disk that is full while provisioning is said, with what to do, and nothing half-made stays',
  async (t) => {
    t.timeout(10 * 60_000);
    const folder = await mkdtemp(join(tmpdir(), 'gocli-full-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=120m', 'tmpfs', folder]);
    t.teardown(() => execa('umount', [folder]));
    const env = { XDG_CACHE_HOME: folder };
    const result = await gocli(['provision', FOLDER, '--phases', 'rootfs'], { env });
    t.is(result.exitCode, 3, outputOf(result));
    t.regex(result.stderr, /no space left on the disk of .*GOCLI-E206/);
    t.regex(result.stderr, /XDG_CACHE_HOME/);
    const left = await readdir(join(folder, 'gocli', 'provision', 'rootfs'));
    t.deepEqual(left, []);
  },
);
