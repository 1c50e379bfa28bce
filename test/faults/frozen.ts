import type { ExecutionContext } from 'ava';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import { isIntact, listTemplates, type IntactTemplate } from '../../gocli-ts/src/frozen/templates.ts';
import { listSnapshots, snapshotFolder } from '../../gocli-ts/src/rig/snapshot/list.ts';
import { outputOf } from '../helpers/cli.ts';
import { damage } from '../helpers/templates.ts';
import type { Fault } from './fault.ts';
import { ended, proveWhole, RIG, runArguments, SNAPSHOT, type Ground } from './ground.ts';
import { forgetTemplates, OTHER_PLAN } from './verbs.ts';

const PART = 'Templates and snapshots';
const NEW = 'thawed';

type Way = readonly [id: string, how: string, script: (file: string) => string];

/** What can come to a file, as a shell script. A byte is flipped where every file has some. */
const WAYS: readonly Way[] = [
  ['truncated', 'its last bytes are gone', (file) => `truncate -s -4096 ${file}`],
  [
    'flipped',
    'a byte in it is another one',
    (file) => `printf X | dd of=${file} bs=1 seek=5000 conv=notrunc`,
  ],
  ['deleted', 'it is deleted', (file) => `rm ${file}`],
];

/** Makes a template that nothing runs on. */
async function makeTemplate(t: ExecutionContext, ground: Ground): Promise<IntactTemplate> {
  const known = await ground.template();
  const built = await ground.gocli('template', 'build', 'tiny-disk', ...OTHER_PLAN);
  ended(t, 0, built);
  const made = (await listTemplates(ground.island.docker)).filter(isIntact).find(({ id }) => id !== known);
  if (made === undefined) throw new Error('no template was made');
  return made;
}

const isRead = (file: string, way: string): boolean =>
  way !== 'flipped' || file === 'node01.state' || file === 'attachment.json';

const TEMPLATE_FILES = ['node01.state', 'node01.ram', 'node01.qcow2', 'attachment.json'];

const DAMAGED_TEMPLATES: readonly Fault[] = TEMPLATE_FILES.flatMap((file) =>
  // A flipped byte of memory or disk, which no start reads whole, is found by `template verify` alone.
  WAYS.filter(([way]) => isRead(file, way)).map(([way, how, script]): Fault => ({
    id: `template-${file}-${way}`,
    part: PART,
    broken: `\`${file}\` of a template`,
    how,
    sees: '`run` says why it starts cold, and makes another template',
    exit: '0',
    left: 'the cluster, and the new template in place of the damaged one',
    run: async (t, ground) => {
      const template = await makeTemplate(t, ground);
      await damage(ground.island.docker, template, script(`/frozen/${file}`));
      const started = await ground.gocli(...runArguments(NEW, ...OTHER_PLAN), '--progress', 'plain');
      ended(t, 0, started);
      t.regex(started.stderr, /Starting cold: /, outputOf(started));
      ended(t, 0, await ground.gocli('status', NEW));
      ended(t, 0, await ground.gocli('rm', NEW));
      const left = (await listTemplates(ground.island.docker)).map(({ id }) => id);
      t.is(left.length, 2, 'one of each plan');
      t.false(left.includes(template.id), 'the damaged one is gone');
      await forgetTemplates(t, ground);
    },
  })),
);

const SECOND = 'second';

/** Runs a script as root where the files of the shared cluster's snapshots are. */
async function inData({ island }: Ground, script: string): Promise<void> {
  const words = ['--rm', '--network=none', '--entrypoint=sh', `--volume=${RIG}-data:/data`];
  const argv = ['docker', 'run', ...words, 'gocli/tiny-disk:latest', '-c', script] as const;
  const result = await island.run(argv);
  if (result.exitCode !== 0) throw new Error(outputOf(result));
}

/** Removes the snapshot with what is damaged, and goes back to the one that is whole. */
async function backToWhole(t: ExecutionContext, ground: Ground): Promise<void> {
  ended(t, 0, await ground.gocli('snapshot', 'rm', SECOND));
  ended(t, 0, await ground.gocli('snapshot', 'restore', SNAPSHOT));
  await proveWhole(t, ground);
}

async function folderOfSecond(t: ExecutionContext, ground: Ground): Promise<string> {
  ended(t, 0, await ground.gocli('snapshot', 'create', SECOND, '--name', RIG));
  const snapshots = await listSnapshots(ground.island.docker, RIG);
  return snapshotFolder(snapshots.find(({ name }) => name === SECOND)?.record.id ?? '');
}

const SNAPSHOT_FILES = ['node01.state', 'node01.qcow2', 'attachment.json'];

const DAMAGED_SNAPSHOTS: readonly Fault[] = SNAPSHOT_FILES.flatMap((file) =>
  WAYS.filter(([way]) => isRead(file, way)).map(([way, how, script]): Fault => ({
    id: `snapshot-${file}-${way}`,
    part: PART,
    broken: `\`${file}\` of a snapshot`,
    how,
    sees: '`snapshot restore` says that the snapshot is not whole, and changes nothing',
    exit: 'not 0',
    left: 'the cluster that runs, and the other snapshots',
    run: async (t, ground) => {
      const folder = await folderOfSecond(t, ground);
      await inData(ground, script(`${folder}/${file}`));
      const refused = await ground.gocli('snapshot', 'restore', SECOND);
      t.not(refused.exitCode, 0, outputOf(refused));
      t.notRegex(refused.stderr, /GOCLI-E900|^\s+at /m);
      await proveWhole(t, ground);
      await backToWhole(t, ground);
    },
  })),
);

const OTHERS: readonly Fault[] = [
  {
    id: 'template-keeper-removed',
    part: PART,
    broken: 'the keeper of a template',
    how: '`docker rm` of the container that refers to it',
    sees: 'nothing: `template ls` lists it, and `run` thaws from it',
    exit: '0',
    left: 'the template',
    short: true,
    run: async (t, ground) => {
      const id = await ground.template();
      const { docker } = ground.island;
      const [keeper] = await docker.containers.list({ [LABEL.role]: 'template' });
      await docker.containers.remove(keeper?.id ?? '');
      t.true((await ground.gocli('template', 'ls')).stdout.includes(id));
      const started = await ground.gocli(...runArguments(NEW), '-o', 'json');
      ended(t, 0, started);
      t.is((JSON.parse(started.stdout) as { template: string | null }).template, id);
      ended(t, 0, await ground.gocli('rm', NEW));
    },
  },
  {
    id: 'template-removed-in-use',
    part: PART,
    broken: 'a template that a cluster runs on',
    how: '`template rm` while the cluster runs, and `gc`',
    sees: '`template rm` says who runs on it',
    exit: '0',
    left: 'the cluster, which is stopped and started as ever; the files go with it',
    run: async (t, ground) => {
      const { id } = await makeTemplate(t, ground);
      ended(t, 0, await ground.gocli(...runArguments(NEW, ...OTHER_PLAN)));
      const removed = await ground.gocli('template', 'rm', id);
      ended(t, 0, removed);
      t.true(`${removed.stdout}${removed.stderr}`.includes(NEW), outputOf(removed));
      ended(t, 0, await ground.gocli('gc'));
      t.is(await ground.shell(t, NEW, 'echo 3 >/proc/sys/vm/drop_caches; wc -l </data/boots'), '1');
      for (const verb of ['stop', 'start', 'status']) ended(t, 0, await ground.gocli(verb, NEW));
      t.is(await ground.shell(t, NEW, 'echo 3 >/proc/sys/vm/drop_caches; wc -l </data/boots'), '1');
      ended(t, 0, await ground.gocli('rm', NEW));
      await forgetTemplates(t, ground);
    },
  },
];

export const FROZEN_FAULTS: readonly Fault[] = [...OTHERS, ...DAMAGED_TEMPLATES, ...DAMAGED_SNAPSHOTS];
