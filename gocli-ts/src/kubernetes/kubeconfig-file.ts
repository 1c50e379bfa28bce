import { stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { GocliError, isCode, messageOf } from '../errors/error.ts';
import type { EventSink } from '../events/events.ts';
import { changeUserFile, isPlainFile, readUserFile, type LockDeps } from '../host/user-file.ts';
import { LISTS } from './kubeconfig-document.ts';
import {
  mergeKubeconfig,
  refuseOthers,
  renameInKubeconfig,
  surveyKubeconfig,
  unmergeKubeconfig,
  type Renamed,
  type Survey,
} from './kubeconfig-merge.ts';
import { gocliCommand } from '../shared/command.ts';

/** A kubeconfig that was looked at. */
interface Looked {
  readonly file: string;
  readonly survey: Survey;
}

/**
 * The kubeconfigs that kubectl reads, first one first: the list in $KUBECONFIG, where empty and repeated entries do not
 * count and `~` means nothing, else ~/.kube/config (client-go, tools/clientcmd/loader.go).
 * @param cwd what relative paths are relative to; when it is empty, since the folder was removed, they lead nowhere
 * @returns absolute paths; none when neither variable says anything
 */
export function kubeconfigFiles(env: Readonly<Record<string, string | undefined>>, cwd: string): string[] {
  const { KUBECONFIG: list = '', HOME: home = '' } = env;
  const named = list === '' && home !== '' ? [join(home, '.kube', 'config')] : list.split(delimiter);
  const there = named.filter((file) => isAbsolute(file) || (file !== '' && cwd !== ''));
  return [...new Set(there.map((file) => resolve(cwd, file)))];
}

/**
 * Merges a cluster's kubeconfig into those of the user, where client-go would write (tools/clientcmd/config.go): each
 * entry into the first file that has one of its name, what is new and the current context into the first file that
 * exists, else the last one.
 * @param added the cluster's own kubeconfig
 * @returns the file that has the current context
 * @throws GocliError BAD_VALUE without a file, BAD_FILE and LOCKED naming one, CONFLICT for entries of others
 */
export async function mergeIntoFiles(
  files: readonly string[],
  added: string,
  name: string,
  deps: LockDeps,
): Promise<string> {
  const existing = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  const target = files.find((_, at) => existing[at] !== undefined) ?? files.at(-1);
  if (target === undefined) {
    throw new GocliError('BAD_VALUE', 'KUBECONFIG names no file, and there is no HOME', {
      hint: 'For example: export KUBECONFIG=$HOME/.kube/config',
    });
  }
  const looked: Looked[] = [];
  for (const file of files) {
    const survey = await about(file, async () =>
      surveyKubeconfig((await readUserFile(file)) ?? '', name, added),
    );
    await about(file, () => {
      refuseOthers(survey, name);
    });
    looked.push({ file, survey });
  }
  const homes = LISTS.map((list) => ({
    list,
    file: looked.find(({ survey }) => survey.owners[list] !== 'nobody')?.file ?? target,
  }));
  // The target first: it may be what cannot be written, and then nothing is changed anywhere.
  for (const file of [target, ...files.filter((one) => one !== target)]) {
    const lists = homes.filter((home) => home.file === file).map(({ list }) => list);
    const what = { lists, current: file === target };
    if (lists.length === 0 && !what.current) continue;
    await about(file, () =>
      changeUserFile(file, (text) => mergeKubeconfig(text, added, name, what), deps, true),
    );
  }
  return target;
}

/**
 * Takes a cluster out of the user's kubeconfigs, wherever in the list gocli's entries are. Nothing that is wrong with a
 * file is an error: the cluster is gone, and a warning says what is left and how to go on.
 * @param written the cluster's own kubeconfig, when there was one
 */
export async function forgetInFiles(
  files: readonly string[],
  name: string,
  written: string | undefined,
  deps: LockDeps & { readonly emit: EventSink },
): Promise<void> {
  const edit = (text: string, unset: boolean): string | undefined =>
    unmergeKubeconfig(text, name, written, unset);
  await changeOurs(files, { name, written, edit, next: gocliCommand('rm', name) }, deps);
}

/**
 * Has gocli's entries of a cluster carry its new name, wherever in the list of the user's kubeconfigs they are. What is
 * wrong with a file is a warning, as in {@link forgetInFiles}: what is left in it under the old name works as before.
 * @returns false when something may be left
 */
export async function renameInFiles(
  files: readonly string[],
  renamed: Renamed,
  deps: LockDeps & { readonly emit: EventSink },
): Promise<boolean> {
  const edit = (text: string, current: boolean): string | undefined =>
    renameInKubeconfig(text, renamed, current);
  const { from, to, before: written } = renamed;
  return changeOurs(files, { name: from, written, edit, next: `gocli rename ${from} ${to}` }, deps);
}

/** What is done to the kubeconfigs that have gocli's entries of a cluster. */
interface Change {
  readonly name: string;
  /** The cluster's own kubeconfig. */
  readonly written: string | undefined;
  /** @param current whether the current context is gocli's when it is that of the cluster */
  readonly edit: (text: string, current: boolean) => string | undefined;
  /** What to type once a file is mended that was left. */
  readonly next: string;
}

/** @returns false when there was a warning */
async function changeOurs(
  files: readonly string[],
  { name, written, edit, next }: Change,
  deps: LockDeps & { readonly emit: EventSink },
): Promise<boolean> {
  let done = true;
  const warn = (file: string, error: unknown): void => {
    deps.signal.throwIfAborted();
    done = false;
    deps.emit({ type: 'notice', level: 'warning', text: leftWords(file, name, next, error) });
  };
  const looked: Looked[] = [];
  for (const file of files) {
    try {
      const survey = await look(file, name, written);
      if (survey !== undefined) looked.push({ file, survey });
    } catch (error) {
      warn(file, error);
    }
  }
  const owners = looked.map(({ survey }) => survey.owners.contexts);
  const current = owners.includes('gocli') && !owners.includes('other');
  for (const { file, survey } of looked) {
    const ours =
      Object.values(survey.owners).includes('gocli') || (current && survey.currentContext === name);
    if (!ours) continue;
    try {
      await about(file, () => changeUserFile(file, (text) => edit(text, current), deps, false));
    } catch (error) {
      warn(file, error);
    }
  }
  return done;
}

/** What gocli cannot have written to, and what does not have the name, is not looked into: it is nobody's business. */
async function look(file: string, name: string, written: string | undefined): Promise<Survey | undefined> {
  if (!(await isPlainFile(file))) return undefined;
  const text = await readUserFile(file);
  if (text?.includes(name) !== true) return undefined;
  return about(file, () => surveyKubeconfig(text, name, written));
}

function leftWords(file: string, name: string, next: string, error: unknown): string {
  const how = isCode(error, 'LOCKED') ? error.hint : 'Mend that';
  return `${messageOf(error)}. If context "${name}" is in ${file}, it still is. ${how ?? ''}, then type: ${next}`;
}

/** What is said of "the kubeconfig" is said of this file. */
async function about<T>(file: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GocliError) || error.message.includes(file)) throw error;
    const { code, hint } = error;
    throw new GocliError(code, `${file}: ${error.message}`, {
      cause: error,
      hint: hint ?? 'Nothing was changed in it.',
    });
  }
}
