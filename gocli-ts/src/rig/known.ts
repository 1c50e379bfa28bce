import type { ContainerInfo } from '../place/port.ts';
import type { RigDeps } from './deps.ts';
import { holderOf } from './holder.ts';
import { currentState } from './keep-state.ts';
import type { RigState } from './state.ts';

/** What the engine, or else the state folder, knows of a rig. */
export interface Known {
  /** Whether there is a container of it, or the volume of its machines. */
  readonly any: boolean;
  readonly state: RigState | undefined;
  /** Why there is no state: what there is cannot be read, or is damaged. */
  readonly error?: Error;
}

/**
 * Reads what is known of a rig.
 * @param copy whether the state folder is made current; commands that only list rigs leave it alone
 */
export async function knownOf(
  name: string,
  containers: readonly ContainerInfo[],
  deps: Pick<RigDeps, 'docker' | 'paths'>,
  copy: boolean,
): Promise<Known> {
  await using holder = await holderOf(name, containers, deps.docker);
  try {
    return { any: holder.any, state: await currentState(name, holder.container, deps, copy) };
  } catch (error) {
    return { any: holder.any, state: undefined, error: error as Error };
  }
}
