import { GocliError } from '../errors/error.ts';
import { kubeconfigFiles, renameInFiles } from '../kubernetes/kubeconfig-file.ts';
import { readKubeconfig } from '../kubernetes/state-file.ts';
import { onRig } from '../rig/deps.ts';
import { findRig, requireRig } from '../rig/find.ts';
import { idOfState } from '../rig/identity.ts';
import type { FoundRig } from '../rig/life.ts';
import { checkRigName } from '../rig/names.ts';
import { forgetCopy, renameRig } from '../rig/rename.ts';
import { readState } from '../rig/state.ts';
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
 * Gives a rig another name, whether it runs or not. Repeated after it was interrupted it finishes.
 * @throws GocliError BAD_VALUE (no name of a rig), USAGE (it is called so), what {@link chooseAny} throws, NOT_READY,
 * CONFLICT (the name is taken)
 */
export async function rename(request: RenameRequest, context: Context): Promise<RenameResult> {
  const to = checkRigName(request.to, 'to');
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
  const { docker, paths } = own;
  const found = await findRig(docker, paths, before);
  if (found === undefined && !(await isRenamed(before, to, own))) await requireRig(docker, paths, before);
  // It goes with the old name.
  const written = await readKubeconfig(paths, before).catch(() => undefined);
  if (found === undefined) await forgetCopy(before, own);
  else await renameRig(found, to, own);
  const now = await readKubeconfig(paths, to).catch(() => undefined);
  if (now === undefined) return;
  await renameInFiles(kubeconfigFiles(own.env, own.cwd), { from: before, to, before: written, now }, own);
}

/** Whether all that is left of the old name is the copy in the state folder. */
async function isRenamed(before: string, to: string, { docker, paths }: Context): Promise<boolean> {
  const copy = await readState(paths, before).catch(() => undefined);
  const found: FoundRig | undefined = await findRig(docker, paths, to);
  return copy !== undefined && idOfState(copy) === found?.id && copy.createdAt === found.state?.createdAt;
}
