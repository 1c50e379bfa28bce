import { defaultKubeconfig, unmergeFromFile } from '../kubernetes/kubeconfig-file.ts';
import { findClusters } from '../rig/find.ts';
import { checkClusterName } from '../rig/names.ts';
import { down } from '../rig/remove.ts';
import { chooseAny, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';

export interface RmRequest extends RigChoice {
  /** Every rig there is. */
  readonly all?: boolean | undefined;
}

/** What went with a rig. */
export interface RemovedRig {
  readonly name: string;
  readonly containers: number;
  readonly volumes: number;
  /** Whether it had a state folder. */
  readonly state: boolean;
  /** Names of its snapshots, which stay. */
  readonly snapshots: readonly string[];
}

export interface RmResult {
  readonly removed: readonly RemovedRig[];
  /** Those of which nothing was there but perhaps snapshots. */
  readonly absent: readonly RemovedRig[];
}

/**
 * Removes rigs, and their contexts from the user's kubeconfig. Removing what is not there is no error.
 * @throws GocliError BAD_VALUE (no name of a rig), NOT_FOUND (none named and several there), BAD_FILE, LOCKED
 */
export async function rm(request: RmRequest, context: Context): Promise<RmResult> {
  const names = await namesOf(request, context);
  const all = await Promise.all(names.map(async (name) => ({ name, ...(await down(name, context)) })));
  for (const name of names) await unmergeFromFile(defaultKubeconfig(context.env), name);
  const wasThere = ({ containers, volumes, state }: RemovedRig): boolean => containers + volumes > 0 || state;
  return { removed: all.filter(wasThere), absent: all.filter((one) => !wasThere(one)) };
}

async function namesOf({ name, all }: RmRequest, context: Context): Promise<string[]> {
  if (name !== undefined && all !== true) return [checkClusterName(name)];
  const names = (await findClusters(context.docker, context.paths)).map((found) => found.name);
  return all === true || names.length <= 1 ? names : [(await chooseAny({}, context)).name];
}
