import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GocliError } from '../errors/error.ts';
import { type Rebuild, rebuildsSince } from '../provision/rebuilds.ts';
import { provisionSteps } from '../provision/steps.ts';
import { lastLines } from '../shared/text.ts';
import type { Context } from './context.ts';
import { provisionRoot } from './provider-image.ts';
import { settingsOrNotice } from './settings.ts';

export interface ProvisionManagerRequest {
  /** Tag, branch or commit of the checkout's repository; its newest tag unless given. */
  readonly tag?: string | undefined;
}

export interface ProvisionManagerResult {
  /** The commit that the checkout was compared with. */
  readonly since: string;
  readonly providers: readonly Rebuild[];
}

/**
 * Which providers must be provisioned anew since a commit, told from the inputs of their steps.
 * @throws GocliError USAGE without a tag, NOT_FOUND for one that there is not, BAD_FILE, TOOL_MISSING
 */
export async function provisionManager(
  { tag }: ProvisionManagerRequest,
  context: Context,
): Promise<ProvisionManagerResult> {
  await requireRepository(context);
  const named = tag ?? (await newestTag(context));
  const found = await git(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${named}^{commit}`],
    context,
  );
  const since = found.stdout.trim();
  if (since === '') {
    throw new GocliError('NOT_FOUND', `there is no commit "${named}" in ${context.checkout}`, {
      hint: 'Name a tag, a branch or a commit; a shallow clone may lack it: git fetch --unshallow --tags',
    });
  }
  const scratch = await mkdtemp(join(tmpdir(), 'gocli-since-'));
  try {
    const before = await treeOf(since, scratch, context);
    const settings = await settingsOrNotice(context);
    const providers = await rebuildsSince(before, provisionRoot(context), provisionSteps(false), settings);
    return { since, providers };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Writes `cluster-provision` of a commit into a folder. @returns its path; undefined when the commit has none */
async function treeOf(commit: string, scratch: string, context: Context): Promise<string | undefined> {
  const archive = join(scratch, 'then.tar');
  const { exitCode } = await git(['archive', `--output=${archive}`, commit, 'cluster-provision'], context);
  if (exitCode !== 0) return undefined;
  const { host, signal } = context;
  await host.run(['tar', '--extract', `--file=${archive}`, '-C', scratch], { signal });
  const folder = join(scratch, 'cluster-provision');
  return (await stat(folder).catch(() => undefined)) === undefined ? undefined : folder;
}

async function newestTag(context: Context): Promise<string> {
  const { stdout } = await git(['describe', '--tags', '--abbrev=0'], context);
  if (stdout.trim() !== '') return stdout.trim();
  throw new GocliError('USAGE', 'since when? The repository has no tag', {
    hint: 'Name a commit: gocli provision-manager --tag HEAD~10',
  });
}

/** A package of npm may lie in the repository of whoever installed it. */
async function requireRepository(context: Context): Promise<void> {
  const { stdout, stderr } = await git(['rev-parse', '--show-toplevel'], context);
  const checkout = await realpath(context.checkout).catch(() => context.checkout);
  if (stdout.trim() === checkout) return;
  throw new GocliError(
    'NOT_FOUND',
    `${context.checkout} is no git repository, so it has no commits to compare with`,
    {
      observed: lastLines(stderr, 3),
      hint: 'Run it in a clone of the repository.',
    },
  );
}

function git(words: readonly string[], { host, checkout, signal }: Context) {
  return host.run(['git', '-C', checkout, ...words], { signal, allowFailure: true });
}
