import type { ExecutionContext } from 'ava';
import { outputOf } from '../helpers/cli.ts';
import type { Fault } from './fault.ts';
import { ended, proveWhole, RIG, runArguments, SNAPSHOT, type Ground } from './ground.ts';
import { OWN, proveBooted, removeOwn, startOwn } from './own.ts';
import { namedBy, untilItGoes } from './repeat.ts';

const PART = 'Containers and machines';

/** Follows what `status` and its like say of a cluster that does not run, until it does. */
async function followStatus(t: ExecutionContext, ground: Ground): Promise<void> {
  const refused = await ground.gocli(...runArguments(OWN));
  ended(t, 8, refused);
  for (const words of namedBy(refused)) {
    if (words[0] === 'logs') continue;
    ended(t, 0, await ground.gocli(...words));
  }
}

async function docker({ island }: Ground, ...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await island.run(['docker', ...words]);
  if (exitCode !== 0) throw new Error(`docker ${words.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** Process of a machine, as the host sees it. */
async function machineProcess(ground: Ground, rig: string): Promise<number> {
  const { id } = await ground.container(rig, 'node');
  return Number(await docker(ground, 'inspect', '--format', '{{.State.Pid}}', id));
}

const removedByHand = (role: 'dnsmasq' | 'registry'): Fault => ({
  id: `${role}-removed`,
  part: PART,
  broken: role === 'dnsmasq' ? 'the network container' : 'the registry',
  how: '`docker rm --force`',
  sees: '`status` and `run` say what is missing, and the command that brings it back',
  exit: '8',
  left: 'the machine and its disk; it goes on, or boots again, by the command that is named',
  run: async (t, ground) => {
    await startOwn(t, ground);
    await docker(ground, 'rm', '--force', `${OWN}-${role}`);
    const status = await ground.gocli('status', OWN);
    t.is(status.exitCode, 8, outputOf(status));
    t.true(`${status.stdout}${status.stderr}`.includes(`${OWN}-${role}`), outputOf(status));
    const refused = await ground.gocli(...runArguments(OWN));
    ended(t, 8, refused);
    t.false(
      refused.stderr.includes('gocli rm'),
      `nobody is told to remove a machine that is whole\n${outputOf(refused)}`,
    );
    await untilItGoes(t, ground, runArguments(OWN));
    t.is(await ground.shell(t, OWN, 'cat /data/note'), 'kept');
    await removeOwn(t, ground);
  },
});

export const PART_FAULTS: readonly Fault[] = [
  removedByHand('dnsmasq'),
  removedByHand('registry'),
  {
    id: 'qemu-killed',
    part: PART,
    broken: 'the machine',
    how: '`kill -9` of its qemu',
    sees: '`run` says that it does not run, and names `start`, which boots it from its disk',
    exit: '8',
    left: 'its disk; what was only in its memory is gone',
    run: async (t, ground) => {
      await startOwn(t, ground);
      process.kill(await machineProcess(ground, OWN), 'SIGKILL');
      await ground.island.docker.containers.wait(
        (await ground.container(OWN, 'node')).id,
        AbortSignal.timeout(20_000),
      );
      t.is((await ground.gocli('status', OWN)).exitCode, 8);
      await followStatus(t, ground);
      await proveBooted(t, ground);
      await removeOwn(t, ground);
    },
  },
  {
    id: 'qemu-hung',
    part: PART,
    broken: 'the machine',
    how: 'SIGSTOP to its qemu',
    sees: '`status` says what does not answer, within its limit',
    exit: '8',
    left: 'the cluster, which goes on after SIGCONT',
    run: async (t, ground) => {
      const pid = await machineProcess(ground, RIG);
      process.kill(pid, 'SIGSTOP');
      try {
        const status = await ground.gocli('status', RIG);
        t.is(status.exitCode, 8, outputOf(status));
        const stop = await ground.gocli('stop', RIG, '--timeout', '10');
        t.not(stop.exitCode, 0, outputOf(stop));
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await proveWhole(t, ground);
    },
  },
  {
    id: 'daemon-restarted-running',
    part: PART,
    broken: 'the Docker daemon, while a cluster runs',
    how: 'it is ended and started anew',
    sees: 'the cluster is halted; `start` boots it from its disk, on the same ports',
    exit: '8 of `status`',
    left: 'its disk; what was only in its memory is gone. Stopped clusters, snapshots and templates stay as they are',
    run: async (t, ground) => {
      await startOwn(t, ground);
      ended(t, 0, await ground.gocli('stop', RIG));
      await ground.island.restartDaemon();
      t.regex((await ground.gocli('ls')).stdout, new RegExp(`${OWN}.*halted`));
      ended(t, 0, await ground.gocli('start', OWN));
      await proveBooted(t, ground);
      await removeOwn(t, ground);
      ended(t, 0, await ground.gocli('start', RIG));
      await proveWhole(t, ground);
    },
  },
  {
    id: 'daemon-restarted-paused',
    part: PART,
    broken: 'the Docker daemon, while a cluster is paused',
    how: 'it is ended and started anew',
    sees: 'the cluster is halted; `start` boots it from its disk',
    exit: '8 of `status`',
    left: 'its disk; what was only in its memory is gone',
    run: async (t, ground) => {
      await startOwn(t, ground);
      ended(t, 0, await ground.gocli('stop', RIG));
      ended(t, 0, await ground.gocli('pause', OWN));
      await ground.island.restartDaemon();
      ended(t, 0, await ground.gocli('start', OWN));
      await proveBooted(t, ground);
      await removeOwn(t, ground);
      ended(t, 0, await ground.gocli('start', RIG));
      await proveWhole(t, ground);
    },
  },
  {
    id: 'daemon-restarted-starting',
    part: PART,
    broken: 'the Docker daemon, while a cluster starts',
    how: 'it is ended and started anew while the machine boots',
    sees: 'that the daemon or the machine went, and not a word of a defect',
    exit: '1 or 3',
    left: 'nothing after `rm`',
    run: async (t, ground) => {
      ended(t, 0, await ground.gocli('stop', RIG));
      const argv = [...runArguments(OWN), '--no-template'];
      const { exitCode, stderr } = await ground.meddle(argv, { step: 'boot' }, () =>
        ground.island.restartDaemon(),
      );
      t.true(exitCode === 1 || exitCode === 3, `${String(exitCode)}\n${stderr}`);
      t.notRegex(stderr, /GOCLI-E900/);
      await removeOwn(t, ground);
      ended(t, 0, await ground.gocli('start', RIG));
      await proveWhole(t, ground);
    },
  },
  {
    id: 'pruned-stopped',
    part: PART,
    broken: 'containers of a stopped cluster, snapshots and templates',
    how: '`docker container prune`',
    sees: 'nothing: all of it is listed and used as before',
    exit: '0',
    left: 'all of it',
    short: true,
    run: async (t, ground) => {
      const template = await ground.template();
      ended(t, 0, await ground.gocli('stop', RIG));
      await docker(ground, 'container', 'prune', '--force');
      ended(t, 0, await ground.gocli('start', RIG));
      await proveWhole(t, ground);
      ended(t, 0, await ground.gocli('snapshot', 'show', SNAPSHOT));
      t.regex((await ground.gocli('template', 'ls')).stdout, new RegExp(template));
    },
  },
];
