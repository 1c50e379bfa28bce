import { GocliError, isCode } from '../errors/error.ts';
import { kubeconfigFiles, renameInFiles } from '../kubernetes/kubeconfig-file.ts';
import { readKubeconfig } from '../kubernetes/state-file.ts';
import { onRig } from '../rig/deps.ts';
import { renamedTo } from '../rig/find.ts';
import type { FoundRig } from '../rig/life.ts';
import { checkNewRigName, checkRigName } from '../rig/names.ts';
import { forgetCopy, renameRig } from '../rig/rename.ts';
import { chooseAny, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';
import { changingRig } from './operation.ts';

/** Which rig, and what it is to be called. */
export interface RenameRequest extends RigChoice {
  readonly to: string;
}

export interface RenameResult {
  readonly name: string;
  /** What it was called before. */
  readonly before: string;
}

/**
 * Gives a rig another name, whether it runs or not, also in the user's kubeconfigs. Once something is changed no signal
 * interrupts it; repeated after it was killed it finishes.
 * @throws GocliError BAD_VALUE (no name of a rig), USAGE (it is called so), what {@link chooseAny} throws, NOT_READY,
 * CONFLICT (the name is taken)
 */
export async function rename(request: RenameRequest, context: Context): Promise<RenameResult> {
  const to = checkNewRigName(request.to, 'to');
  const before =
    request.name === undefined ? (await chooseAny({}, context)).name : checkRigName(request.name, 'name');
  if (before === to) {
    throw new GocliError('USAGE', `cluster "${to}" is to be called what it is called`, {
      hint: 'Name it, and then the name that it is to have: gocli rename OLD NEW',
    });
  }
  const own = onRig(context, before);
  // In one order, so that two that swap names do not wait for each other.
  const [first = before, second = to] = [before, to].sort();
  await changingRig(context, first, () => changingRig(context, second, () => change(before, to, own)));
  return { name: to, before };
}

async function change(before: string, to: string, own: Context): Promise<void> {
  const found = await unlessRenamed(before, to, own);
  // It goes with the old name.
  const written = await readKubeconfig(own.paths, before).catch(() => undefined);
  if (found !== undefined) await renameRig(found, to, own);
  // The rig has its new name: half of the rest would be of use to nobody.
  const unbroken = { ...own, signal: new AbortController().signal };
  const files = kubeconfigFiles(own.env, own.cwd);
  const done = await renameInFiles(files, { from: before, to, before: written }, unbroken);
  if (done) await forgetCopy(before, unbroken);
}

/** The rig of the old name; undefined when it has the new one already, and something of the old one is left here. */
async function unlessRenamed(before: string, to: string, own: Context): Promise<FoundRig | undefined> {
  try {
    return await chooseAny({ name: before }, own);
  } catch (error) {
    if (isCode(error, 'NOT_FOUND') && (await renamedTo(before, own)) === to) return undefined;
    throw error;
  }
}
