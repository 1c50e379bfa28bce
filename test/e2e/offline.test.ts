import { chmod, chown, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { CHECKOUT, command, gocli, outputOf, type CliResult } from '../helpers/cli.ts';
import { IMAGE, PROVIDER, providerFolder } from '../helpers/provider.ts';

/** A user and group that no system has; it owns nothing but its home and may use the daemon's socket. */
const USER = 64_321;
/** What a user of a finished checkout must not need. */
const FORBIDDEN = /^(apt|dpkg|npm|npx|go|gofmt|mmdebstrap|gcc|cc|sudo|su|curl|wget)/;

interface Island {
  readonly folder: string;
  readonly socket: string;
  /** Runs a program in the island's network namespace, as the user unless told otherwise. */
  run(argv: readonly string[], as?: 'user' | 'root'): Promise<CliResult>;
  /** Ends the daemon and starts another one on the same data. */
  restartDaemon(): Promise<void>;
}

test('with Docker, the built command and an image, make cluster-up needs no network, no root and no tools', async (t) => {
  t.timeout(30 * 60_000);
  const built = await gocli(['provision', await providerFolder()]);
  t.is(built.exitCode, 0, outputOf(built));
  const island = await makeIsland(t);
  const routes = await island.run(['ip', 'route', 'show', 'default']);
  t.is(routes.stdout, '', 'the namespace has no way out');
  await loadImage(island);
  const up = await island.run(['make', '-C', join(island.folder, 'checkout'), 'cluster-up']);
  t.is(up.exitCode, 0, outputOf(up));
  t.true(up.stdout.includes(`Cluster ${PROVIDER} is Ready`), outputOf(up));
  const status = await island.run(['bash', join(island.folder, 'checkout/cluster-up/cli.sh'), 'status']);
  t.is(status.exitCode, 0, outputOf(status));
  const makeDown = ['make', '-C', join(island.folder, 'checkout'), 'cluster-down'];
  const down = await island.run(makeDown);
  t.is(down.exitCode, 0, outputOf(down));
  const again = await island.run(['make', '-C', join(island.folder, 'checkout'), 'cluster-up']);
  t.is(again.exitCode, 0, outputOf(again));
  t.regex(again.stdout, /Ready after .*thawed from template/);
  await outlivesTheDaemon(t, island);
  t.is((await island.run(makeDown)).exitCode, 0);
  const left = await island.run(['docker', 'ps', '-a', '--format', '{{.Names}}']);
  t.regex(left.stdout, /^gocli-template-[0-9a-f]+\n$/, 'nothing but the template is left');
});

/** A stopped cluster is on disk alone: another daemon process starts it again, and what its pods had in memory goes on. */
async function outlivesTheDaemon(t: ExecutionContext, island: Island): Promise<void> {
  const script = (name: string, ...argv: string[]): Promise<CliResult> =>
    island.run(['bash', join(island.folder, 'checkout/cluster-up', name), ...argv]);
  const ended = (result: CliResult): string => {
    t.is(result.exitCode, 0, outputOf(result));
    return result.stdout;
  };
  const count = 'i=0; while :; do i=$((i+1)); echo $i >/tmp/count; sleep 0.2; done';
  const pod = [
    'run',
    'counter',
    '--image=localhost/busybox:1.37',
    '--restart=Never',
    '--',
    'sh',
    '-c',
    count,
  ];
  ended(await script('kubectl.sh', ...pod));
  ended(await script('kubectl.sh', 'wait', '--for=condition=Ready', 'pod/counter', '--timeout=180s'));
  const counted = async (): Promise<number> =>
    Number(ended(await script('kubectl.sh', 'exec', 'counter', '--', 'cat', '/tmp/count')));
  const before = await counted();
  ended(await script('cli.sh', 'stop'));
  await island.restartDaemon();
  ended(await script('cli.sh', 'start'));
  const after = await counted();
  t.true(after >= before && before > 0, `${before} before, ${after} after`);
  const restarts = 'jsonpath={.status.containerStatuses[0].restartCount}';
  t.is(ended(await script('kubectl.sh', 'get', 'pod', 'counter', '-o', restarts)), '0');
}

/** A network namespace with nothing but loopback, a Docker daemon of its own in it, and a user with a copy of the checkout. */
async function makeIsland(t: ExecutionContext): Promise<Island> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-offline-'));
  await chmod(folder, 0o755);
  const namespace = `gocli-offline-${process.pid.toFixed(0)}`;
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await execa('ip', ['netns', 'add', namespace]);
  t.teardown(() => execa('ip', ['netns', 'delete', namespace], { reject: false }));
  const enter = ['nsenter', `--net=/run/netns/${namespace}`, '--'];
  await execa('nsenter', [...enter.slice(1), 'ip', 'link', 'set', 'lo', 'up']);
  const socket = join(folder, 'docker.sock');
  let daemon = await startDaemon(folder, socket, enter);
  t.teardown(() => daemon.end());
  await layOut(folder);
  const user = ['setpriv', `--reuid=${USER.toFixed(0)}`, `--regid=${USER.toFixed(0)}`, '--clear-groups'];
  const env = [
    `PATH=${join(folder, 'bin')}`,
    `HOME=${join(folder, 'home')}`,
    `DOCKER_HOST=unix://${socket}`,
    `KUBEVIRT_PROVIDER=${PROVIDER}`,
    `KUBEVIRTCI_CONFIG_PATH=${join(folder, 'home/ci-configs')}`,
  ];
  return {
    folder,
    socket,
    restartDaemon: async () => {
      await daemon.end();
      daemon = await startDaemon(folder, socket, enter);
    },
    run: (argv, as = 'user') =>
      command(['nsenter', ...enter.slice(1), ...(as === 'user' ? user : []), 'env', '-i', ...env, ...argv]),
  };
}

/** nsenter, not `ip netns exec`, which hides the cgroup file systems. */
async function startDaemon(
  folder: string,
  socket: string,
  enter: readonly string[],
): Promise<{ end(): Promise<void> }> {
  const places = ['--data-root', 'data', '--exec-root', 'exec', '--pidfile', 'docker.pid'].map((word) =>
    word.startsWith('-') ? word : join(folder, word),
  );
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const daemon = execa('nsenter', [...enter.slice(1), 'dockerd', '-H', `unix://${socket}`, ...places], {
    env: { PATH: path },
    reject: false,
    all: true,
  });
  for (let left = 150; left > 0; left -= 1) {
    const answer = await execa('docker', ['-H', `unix://${socket}`, 'version'], { reject: false });
    if (answer.exitCode === 0) break;
    if (left === 1) throw new Error('the daemon of the test did not start');
    await delay(200);
  }
  await chown(socket, 0, USER);
  await chmod(socket, 0o660);
  return {
    end: async () => {
      daemon.kill('SIGTERM');
      await daemon;
    },
  };
}

async function layOut(folder: string): Promise<void> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const from of ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin']) {
    for (const name of await readdir(from).catch(() => [])) {
      if (!FORBIDDEN.test(name)) await symlink(join(from, name), join(bin, name)).catch(() => undefined);
    }
  }
  await symlink(process.execPath, join(bin, 'node')).catch(() => undefined);
  await mkdir(join(folder, 'home'));
  await chown(join(folder, 'home'), USER, USER);
  // With all times, of folders too: the checkout's build counts as fresh by them.
  await execa('cp', ['-a', CHECKOUT, join(folder, 'checkout')]);
}

async function loadImage({ socket }: Island): Promise<void> {
  const save = execa('docker', ['save', IMAGE], { buffer: false });
  const load = execa('docker', ['-H', `unix://${socket}`, 'load'], { stdin: 'pipe' });
  save.stdout.pipe(load.stdin);
  await Promise.all([save, load]);
}
