import { Failures } from '../errors/several.ts';
import { forgetInFiles, kubeconfigFiles } from '../kubernetes/kubeconfig-file.ts';
import { readKubeconfig } from '../kubernetes/state-file.ts';
import { findRigs } from '../rig/find.ts';
import { isPooled } from '../rig/life.ts';
import { checkRigName } from '../rig/names.ts';
import { removeRig, type Keeping, type RigRemains } from '../rig/remove.ts';
import { chooseUnnamed, refuseNameWithAll, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';
import { listedAfter, type ListedRegistry } from './kept-registries.ts';
import { changingRig } from './operation.ts';

export interface RmRequest extends RigChoice {
  /** Every rig there is but those that stand ready in pools. */
  readonly all?: boolean | undefined;
  /** What its registry stores stays, for the next rig of that name. */
  readonly keepRegistry?: boolean | undefined;
}

/** What went with a rig. */
export interface RemovedRig extends RigRemains {
  readonly name: string;
}

export interface RmResult {
  readonly removed: readonly RemovedRig[];
  /** Those of which nothing was there but perhaps snapshots, or a name that is not theirs any more. */
  readonly absent: readonly RemovedRig[];
  /** Names of those of pools, which stay when all others go. */
  readonly pooled: readonly string[];
  /** What was kept of registries of rigs that went before, where none was named; it goes with its name. */
  readonly registries: readonly ListedRegistry[];
}

/**
 * Removes rigs, and what gocli wrote of them into the user's kubeconfigs. Removing what is not there is no error.
 * @throws GocliError BAD_VALUE (no name of a rig), USAGE (a name and all), NOT_FOUND (none named and several there); when something could not be
 * removed, once all the rest is: its `done` is the {@link RmResult} of the other rigs
 */
export async function rm(request: RmRequest, context: Context): Promise<RmResult> {
  const { names, pooled } = await namesOf(request, context);
  const failures = new Failures();
  const keeping = { registry: request.keepRegistry };
  const all = await failures.parts(names, (name) => remove(name, keeping, context));
  const wasThere = ({ containers, volumes, state, calledNow, registry }: RemovedRig): boolean =>
    containers + volumes > 0 || registry?.kept === false || (state && calledNow === undefined);
  const registries =
    request.name === undefined
      ? (await listedAfter('other registries', context)).filter((one) => !names.includes(one.name))
      : [];
  const result = {
    removed: all.filter(wasThere),
    absent: all.filter((one) => !wasThere(one)),
    pooled,
    registries,
  };
  failures.throw(
    (count) => `${count.toFixed(0)} clusters were not removed, or not completely`,
    all.length === 0 ? undefined : result,
  );
  return result;
}

function remove(name: string, keeping: Keeping, context: Context): Promise<RemovedRig> {
  return changingRig(context, name, (own) => removeHeld(name, own, keeping));
}

/** Removes one that nobody else changes meanwhile. @throws GocliError when something of it is left */
export async function removeHeld(name: string, own: Context, keeping: Keeping = {}): Promise<RemovedRig> {
  const { paths, env, cwd } = own;
  // It goes with the rig.
  const written = await readKubeconfig(paths, name).catch(() => undefined);
  const failures = new Failures();
  const removed = await failures.part(() => removeRig(name, own, keeping));
  await failures.part(() => forgetInFiles(kubeconfigFiles(env, cwd), name, written, own));
  failures.throw(() => `cluster ${name} was not removed completely`);
  const nothing = { containers: 0, volumes: 0, state: false, snapshots: [], registry: null };
  return { name, ...nothing, ...removed };
}

async function namesOf(
  { name, all }: RmRequest,
  context: Context,
): Promise<{ readonly names: string[]; readonly pooled: string[] }> {
  refuseNameWithAll(name, all, context.naming);
  if (all === true) {
    const found = await findRigs(context.docker, context.paths);
    const namesWhere = (pooled: boolean): string[] =>
      found.filter((one) => isPooled(one) === pooled).map((one) => one.name);
    return { names: namesWhere(false), pooled: namesWhere(true) };
  }
  if (name !== undefined) return { names: [checkRigName(name, context.naming.of('name'))], pooled: [] };
  const only = await chooseUnnamed(context);
  return { names: only === undefined ? [] : [only.name], pooled: [] };
}
