import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { dockerodeEngine } from '../../gocli-ts/src/place/docker/dockerode.ts';
import type { Docker } from '../../gocli-ts/src/place/interface.ts';
import { command, TINY_GOCLI, type CliResult } from './cli.ts';

/** In the environment of every process of an island, so that those that are left can be told. */
export const ISLAND_MARK = 'GOCLI_TEST_ISLAND';

const PREFIX = 'gocli-island-';

/**
 * A Docker daemon of the test's own in a network namespace of its own: whatever is in it the test has made, and it can
 * be ended and broken without harm to anybody.
 */
export interface Island {
  readonly folder: string;
  /** Where the daemon keeps everything. */
  readonly dataRoot: string;
  /** What a program in it needs; folders for state, cache and temporary files are its own. */
  readonly env: Readonly<Record<string, string>>;
  /** Words of a program that runs another one in it. */
  readonly enter: readonly string[];
  readonly docker: Docker;
  /** Runs a program in it. */
  run(argv: readonly [string, ...string[]], env?: Readonly<Record<string, string>>): Promise<CliResult>;
  /** Runs the gocli that knows the tiny guest in it. */
  readonly gocli: (...argv: string[]) => Promise<CliResult>;
  /** Ends the daemon, with all containers, and starts another one on the same data. */
  restartDaemon(): Promise<void>;
  /** Ends and removes everything. */
  close(): Promise<void>;
}

export async function openIsland(): Promise<Island> {
  await sweepIslands();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const namespace = folder.slice(folder.lastIndexOf('/') + 1);
  const socket = join(folder, 'docker.sock');
  const enter = ['nsenter', `--net=/run/netns/${namespace}`, '--'];
  const env = {
    DOCKER_HOST: `unix://${socket}`,
    HOME: join(folder, 'home'),
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    TMPDIR: join(folder, 'tmp'),
    [ISLAND_MARK]: namespace,
  };
  for (const path of [env.HOME, env.XDG_STATE_HOME, env.XDG_CACHE_HOME, env.TMPDIR]) await mkdir(path);
  await execa('ip', ['netns', 'add', namespace]);
  await execa('nsenter', [...enter.slice(1), 'ip', 'link', 'set', 'lo', 'up']);
  let daemon = await startDaemon(folder, socket, enter);
  const run: Island['run'] = (argv, more = {}) =>
    command([enter[0] ?? '', ...enter.slice(1), ...argv], { env: { ...env, ...more } });
  return {
    folder,
    dataRoot: join(folder, 'data'),
    env,
    enter,
    docker: dockerodeEngine({ ...process.env, ...env }),
    run,
    gocli: (...argv) => run([process.execPath, TINY_GOCLI, ...argv]),
    restartDaemon: async () => {
      await daemon.end();
      daemon = await startDaemon(folder, socket, enter);
    },
    close: async () => {
      await daemon.end();
      await removeIsland(folder, namespace);
    },
  };
}

async function removeIsland(folder: string, namespace: string): Promise<void> {
  await execa('ip', ['netns', 'delete', namespace], { reject: false });
  // A daemon that was killed leaves its folder mounted on itself.
  await execa('umount', ['--recursive', '--lazy', join(folder, 'data')], { reject: false });
  await rm(folder, { recursive: true, force: true });
}

/** Removes islands of test runs that were killed. */
async function sweepIslands(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : Number.NaN;
    if (Number.isNaN(owner) || isAlive(owner)) continue;
    const folder = join(tmpdir(), name);
    const daemon = Number(await readFile(join(folder, 'docker.pid'), 'utf8').catch(() => 'none'));
    const words = await readFile(`/proc/${daemon}/cmdline`, 'utf8').catch(() => '');
    // Another process may have that id by now.
    if (words.includes(folder)) {
      process.kill(daemon, 'SIGTERM');
      for (let left = 100; left > 0 && isAlive(daemon); left -= 1) await delay(200);
    }
    // What cannot be removed is no reason not to test.
    await removeIsland(folder, name).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

interface Daemon {
  end(): Promise<void>;
}

/** nsenter, not `ip netns exec`, which hides the cgroup file systems. */
async function startDaemon(folder: string, socket: string, enter: readonly string[]): Promise<Daemon> {
  const places = Object.entries({ 'data-root': 'data', 'exec-root': 'exec', pidfile: 'docker.pid' });
  const flags = places.map(([flag, name]) => `--${flag}=${join(folder, name)}`);
  const words = [...enter.slice(1), 'dockerd', '-H', `unix://${socket}`, ...flags];
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const daemon = execa('nsenter', words, { env: { PATH: path }, reject: false, all: true });
  for (let left = 150; ; left -= 1) {
    const answer = await execa('docker', ['-H', `unix://${socket}`, 'version'], { reject: false });
    if (answer.exitCode === 0) break;
    if (left === 0) throw new Error('the daemon of the test did not start');
    await delay(200);
  }
  return {
    end: async () => {
      daemon.kill('SIGTERM');
      await daemon;
    },
  };
}
