import type { ExecutionContext } from 'ava';
import { ended, proveWhole, RIG, runArguments, SNAPSHOT, type Ground } from './ground.ts';

/** A verb that is interrupted: where it begins, where it leads, and the way back. */
export interface Verb {
  readonly id: string;
  readonly words: string;
  /** What is left after SIGINT, SIGTERM and SIGHUP, and what brings back what SIGKILL leaves, for the page. */
  readonly left: string;
  readonly argv: readonly string[];
  /** What an error says when a command before has reached the aim. */
  readonly already?: RegExp;
  /** Brings what it needs about; quick when it is there. */
  prepare(t: ExecutionContext, ground: Ground): Promise<void>;
  /** Asserts that the aim is reached and nothing is lost. */
  prove(t: ExecutionContext, ground: Ground): Promise<void>;
  /** Brings back what was there before {@link prepare} of the next. */
  undo(t: ExecutionContext, ground: Ground): Promise<void>;
  /** Whether a template that it has finished stays when what comes after that is interrupted. */
  readonly keepsTemplate?: true;
  /** Whether its steps are those of a verb before, so that the short form has every second of them. */
  readonly likeAnother?: true;
  /** Whether an interruption may leave what another command brings back; else it leaves nothing. */
  readonly replaces?: true;
}

const NEW = 'fresh';
const nothing = (): Promise<void> => Promise.resolve();

async function goes(t: ExecutionContext, { gocli }: Ground, ...argv: string[]): Promise<void> {
  ended(t, 0, await gocli(...argv));
}

const removeNew = (t: ExecutionContext, ground: Ground): Promise<void> => goes(t, ground, 'rm', NEW);

async function proveNew(t: ExecutionContext, ground: Ground): Promise<void> {
  await goes(t, ground, 'status', NEW);
  t.is(await ground.shell(t, NEW, 'wc -l </data/boots'), '1');
}

interface ListedTemplate {
  readonly id: string;
  readonly usedBy: readonly string[];
}

/** Removes all templates but that of the shared cluster. */
export async function forgetTemplates(t: ExecutionContext, ground: Ground): Promise<void> {
  const listed = await ground.gocli('template', 'ls', '-o', 'json');
  ended(t, 0, listed);
  const { templates } = JSON.parse(listed.stdout) as { templates: ListedTemplate[] };
  for (const { id, usedBy } of templates)
    if (!usedBy.includes(RIG)) await goes(t, ground, 'template', 'rm', id);
  await goes(t, ground, 'gc');
}

/** A plan of its own, so that a template of it comes and goes while that of the shared cluster stays. */
export const OTHER_PLAN = ['--memory', '200M'];

const removeWithTemplate = async (t: ExecutionContext, ground: Ground): Promise<void> => {
  await removeNew(t, ground);
  await forgetTemplates(t, ground);
};

export const VERBS: readonly Verb[] = [
  {
    id: 'run-cold',
    left: 'nothing; once it was Ready, the cluster, which runs on. After SIGKILL `run` names the command that clears up',
    words: '`run` that boots and makes a template',
    argv: runArguments(NEW, ...OTHER_PLAN),
    prepare: nothing,
    prove: proveNew,
    undo: removeWithTemplate,
  },
  {
    id: 'template-build',
    left: 'nothing, or the template once it was made. After SIGKILL the same command clears up',
    words: '`template build`',
    argv: ['template', 'build', 'tiny-disk', ...OTHER_PLAN],
    likeAnother: true,
    prepare: nothing,
    prove: async (t, ground) => {
      const { stdout } = await ground.gocli('template', 'ls', '-o', 'name');
      t.is(stdout.trim().split('\n').length, 2, stdout);
    },
    undo: forgetTemplates,
    keepsTemplate: true,
  },
  {
    id: 'run-thaw',
    left: 'nothing, and the template as it was. After SIGKILL `run` names the command that clears up',
    words: '`run` that thaws',
    argv: runArguments(NEW),
    prepare: nothing,
    prove: proveNew,
    undo: removeNew,
  },
  {
    id: 'run-snapshot',
    left: 'nothing but the template that was made of the snapshot, and that as it was. After SIGKILL `run` names the command that clears up',
    words: '`run --snapshot`',
    argv: ['run', '--snapshot', SNAPSHOT, '--name', NEW, '--timeout', '300'],
    prepare: nothing,
    prove: (t, ground) => proveWhole(t, ground, NEW),
    undo: removeWithTemplate,
    keepsTemplate: true,
  },
  {
    id: 'rm',
    left: 'what was not removed yet, which the same command removes',
    words: '`rm`',
    argv: ['rm', NEW],
    prepare: (t, ground) => goes(t, ground, ...runArguments(NEW)),
    prove: async (t, ground) => {
      const { stdout } = await ground.gocli('ls', '-o', 'name');
      t.false(stdout.split('\n').includes(NEW), stdout);
    },
    undo: nothing,
    replaces: true,
  },
  {
    id: 'snapshot-create',
    left: 'the cluster, which runs on; the snapshot is whole or not there',
    words: '`snapshot create`',
    argv: ['snapshot', 'create', 'second', '--name', RIG],
    already: /snapshot "second" exists/,
    prepare: nothing,
    prove: async (t, ground) => {
      await goes(t, ground, 'snapshot', 'show', 'second');
      await proveWhole(t, ground);
    },
    undo: (t, ground) => goes(t, ground, 'snapshot', 'rm', 'second'),
  },
  {
    id: 'stop',
    left: 'the cluster with its memory and disk, running on or stopped',
    words: '`stop`',
    argv: ['stop', RIG],
    already: /is stopped/,
    prepare: nothing,
    prove: async (t, ground) => {
      t.regex((await ground.gocli('ls')).stdout, new RegExp(`${RIG}.*stopped`));
      await goes(t, ground, 'start', RIG);
      await proveWhole(t, ground);
    },
    undo: nothing,
    replaces: true,
  },
  {
    id: 'start',
    left: 'the cluster with its memory and disk, stopped as before or running',
    words: '`start` of a stopped cluster',
    argv: ['start', RIG],
    already: /is not stopped/,
    prepare: (t, ground) => goes(t, ground, 'stop', RIG),
    prove: proveWhole,
    undo: nothing,
    replaces: true,
  },
  {
    id: 'snapshot-restore',
    left: 'the snapshot, and what ran before: it runs on, and after SIGKILL `resume` lets it. The same command goes through',
    words: '`snapshot restore`',
    argv: ['snapshot', 'restore', SNAPSHOT],
    prepare: async (t, ground) => {
      await ground.shell(t, RIG, 'echo later | tee /run/note >/data/note; sync');
    },
    prove: proveWhole,
    undo: nothing,
    replaces: true,
  },
];
