import type { ChildProcess } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { dockerodeEngine } from '../../gocli-ts/src/place/docker/dockerode.ts';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import type { ContainerInfo } from '../../gocli-ts/src/place/interface.ts';
import { outputOf, type CliResult } from '../helpers/cli.ts';
import { diskImage } from '../helpers/disk-image.ts';
import { openIsland, type Island } from '../helpers/island.ts';
import { meddle, type Ended, type Moment } from '../helpers/meddle.ts';
import { changeSince, takeCensus, type Census } from './census.ts';

/** The cluster that cases share. It runs, with its note, whenever no case is at work. */
export const RIG = 'shared';
/** A snapshot of it, with the same note. */
export const SNAPSHOT = 'kept';
const NOTE = 'kept';
const PROVIDER = 'tiny-disk';

/** What a guest is asked to prove that nothing was lost: its memory, its disk as it is now, and how often it booted. */
const LOOK = 'echo 3 >/proc/sys/vm/drop_caches; cat /run/note /data/note; wc -l </data/boots';

/** One daemon with the image of the disk guest, a template of it, a cluster with a note, and a snapshot of that. */
export interface Ground {
  readonly island: Island;
  /** Runs gocli to its end. */
  readonly gocli: (...argv: string[]) => Promise<CliResult>;
  /** Runs it and does something at a moment. */
  meddle(argv: readonly string[], moment: Moment, work: (child: ChildProcess) => unknown): Promise<Ended>;
  /** Runs a script in the guest. */
  shell(t: ExecutionContext, rig: string, script: string): Promise<string>;
  container(rig: string, role: 'dnsmasq' | 'registry' | 'node'): Promise<ContainerInfo>;
  /** Id of the template of {@link runArguments}. */
  template(): Promise<string>;
  census(): Promise<Census>;
  close(): Promise<void>;
}

/** Words that start a rig of the image. */
export function runArguments(name: string, ...flags: string[]): string[] {
  return ['run', PROVIDER, '--no-provision', '--name', name, '--timeout', '300', ...flags];
}

export async function openGround(): Promise<Ground> {
  const image = await diskImage(dockerodeEngine(process.env));
  const island = await openIsland();
  try {
    return await layOut(island, image);
  } catch (error) {
    await island.close();
    throw error;
  }
}

async function layOut(island: Island, image: string): Promise<Ground> {
  await copyImage(image, island);
  const gocli = island.gocli;
  const ground: Ground = {
    island,
    gocli,
    meddle: (argv, moment, work) => meddle(argv, moment, work, island.env, island.enter),
    shell: async (t, rig, script) => {
      const result = await gocli('ssh', '--name', rig, 'node01', '--', script);
      ended(t, 0, result);
      return result.stdout.trim();
    },
    container: async (rig, role) => {
      const [found] = await island.docker.containers.list({ [LABEL.cluster]: rig, [LABEL.role]: role });
      if (found === undefined) throw new Error(`${rig} has no ${role}`);
      return found;
    },
    template: async () => {
      const [only, ...others] = await island.docker.containers.list({ [LABEL.role]: 'template' });
      if (only === undefined || others.length > 0) throw new Error(`${others.length + 1} templates`);
      return only.labels[LABEL.template] ?? '';
    },
    census: () => takeCensus(island),
    close: () => closeGround(ground),
  };
  await make(ground);
  return ground;
}

async function copyImage(image: string, { env }: Island): Promise<void> {
  const save = execa('docker', ['save', image], { buffer: false });
  const load = execa('docker', ['load'], { stdin: 'pipe', env });
  save.stdout.pipe(load.stdin);
  await Promise.all([save, load]);
  await execa('docker', ['tag', image, `gocli/${PROVIDER}:latest`], { env });
}

async function make({ gocli }: Ground): Promise<void> {
  const note = `echo ${NOTE} | tee /run/note >/data/note; sync`;
  for (const argv of [
    runArguments(RIG),
    ['ssh', '--name', RIG, 'node01', '--', note],
    ['snapshot', 'create', SNAPSHOT, '--name', RIG],
  ]) {
    const result = await gocli(...argv);
    if (result.exitCode !== 0) throw new Error(`gocli ${argv.join(' ')}: ${outputOf(result)}`);
  }
}

async function closeGround({ island, gocli }: Ground): Promise<void> {
  // Machines end sooner so than by the end of the daemon, which waits for each.
  await gocli('rm', '--all');
  await island.close();
}

/** Asserts how a command ended. */
export function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
  t.notRegex(result.stderr, /GOCLI-E900|^\s+at /m, 'a defect of gocli');
}

/** Asserts that a rig is Ready and has lost nothing: the note in its memory and on its disk, and no further boot. */
export async function proveWhole(t: ExecutionContext, ground: Ground, rig = RIG): Promise<void> {
  ended(t, 0, await ground.gocli('status', rig));
  t.is(await ground.shell(t, rig, LOOK), `${NOTE}\n${NOTE}\n1`);
}

/** Asserts that nothing came to what was there, and nothing of it went. */
export async function proveSame(t: ExecutionContext, ground: Ground, before: Census): Promise<void> {
  t.deepEqual(await changeSince(before, ground.island), { left: [], gone: [] });
}
