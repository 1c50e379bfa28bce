import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { outputOf } from '../helpers/cli.ts';
import { TINY_GOCLI, type CliResult } from '../helpers/cli.ts';
import type { Fault } from './fault.ts';
import { ended, proveWhole, RIG, runArguments, type Ground } from './ground.ts';

const PART = 'The state folder';

const folderOf = ({ island }: Ground): string =>
  join(island.env['XDG_STATE_HOME'] ?? '', 'gocli', 'clusters', RIG);

/** Cases in which a cluster that runs goes on as if nothing had happened, since the daemon knows all of it. */
const harmless: readonly (readonly [id: string, how: string, work: (folder: string) => Promise<unknown>])[] =
  [
    ['deleted', '`rm -r` of the folder of a cluster', (folder) => rm(folder, { recursive: true })],
    ['truncated', '`cluster.json` ends in the middle', (folder) => cut(join(folder, 'cluster.json'))],
    ['garbage', '`cluster.json` is no JSON', (folder) => writeFile(join(folder, 'cluster.json'), '\0\0\0\0')],
    ['empty', '`cluster.json` is empty', (folder) => writeFile(join(folder, 'cluster.json'), '')],
    [
      'newer',
      '`cluster.json` has a format of a later version',
      (folder) => fromLater(join(folder, 'cluster.json')),
    ],
    ['key', 'the ssh key is deleted', (folder) => rm(join(folder, 'id_ed25519'))],
  ];

async function cut(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.slice(0, text.length / 2));
}

async function fromLater(path: string): Promise<void> {
  const state = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify({ ...state, format: 99, later: true }));
}

const HARMLESS: readonly Fault[] = harmless.map(([id, how, work]) => ({
  id: `state-${id}`,
  part: PART,
  broken: 'what is remembered of a cluster that runs',
  how,
  sees: 'nothing: `ls`, `status`, `ssh`, `stop` and `start` work',
  exit: '0',
  left: 'the folder, made anew from what the daemon has',
  ...(id === 'deleted' || id === 'truncated' ? { short: true as const } : {}),
  run: async (t, ground, extent) => {
    await work(folderOf(ground));
    t.regex((await ground.gocli('ls')).stdout, new RegExp(`${RIG}.*running`));
    await proveWhole(t, ground);
    if (extent === 'short') return;
    await work(folderOf(ground));
    ended(t, 0, await ground.gocli('stop', RIG));
    ended(t, 0, await ground.gocli('start', RIG));
    await proveWhole(t, ground);
  },
}));

/** Words of `mount` that bring a file system to a folder, by the state folder there is. */
type Mounts = (folder: string, state: string) => readonly (readonly string[])[];

/** Runs a gocli whose state folder is another file system. */
async function withSmallState(
  t: ExecutionContext,
  { island }: Ground,
  mounts: Mounts,
  work: (gocli: (...argv: string[]) => Promise<CliResult>) => Promise<void>,
): Promise<void> {
  const folder = join(island.folder, 'small');
  await execa('mkdir', ['-p', folder]);
  for (const words of mounts(folder, island.env['XDG_STATE_HOME'] ?? '')) await execa('mount', words);
  try {
    const env = { XDG_STATE_HOME: folder };
    await work((...argv) => island.run([process.execPath, TINY_GOCLI, ...argv], env));
  } finally {
    await execa('umount', [folder]);
    await execa('rmdir', [folder]);
  }
}

const small: readonly (readonly [id: string, how: string, mounts: Mounts, code: RegExp])[] = [
  [
    'full',
    'a file system of 64 KiB',
    (folder) => [['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]],
    /GOCLI-E206/,
  ],
  [
    'read-only',
    'its file system is mounted read-only',
    (folder, state) => [
      ['--bind', state, folder],
      ['-o', 'remount,bind,ro', folder],
    ],
    /GOCLI-E207/,
  ],
];

const SMALL: readonly Fault[] = small.map(([id, how, mounts, code]) => ({
  id: `state-${id}`,
  part: PART,
  broken: 'the state folder cannot be written',
  how,
  sees: 'that, with the folder and what to set, before anything is done; `status` and `rm` work',
  exit: '3',
  left: 'the cluster as it was; of a new one nothing',
  short: true as const,
  run: async (t, ground) => {
    await withSmallState(t, ground, mounts, async (gocli) => {
      for (const argv of [runArguments('other'), ['stop', RIG], ['pause', RIG]]) {
        const refused = await gocli(...argv);
        ended(t, 3, refused);
        t.regex(refused.stderr, code, outputOf(refused));
        t.regex(refused.stderr, /XDG_STATE_HOME/, outputOf(refused));
      }
      ended(t, 0, await gocli('status', RIG));
    });
    await proveWhole(t, ground);
  },
}));

export const STATE_FAULTS: readonly Fault[] = [...HARMLESS, ...SMALL];
