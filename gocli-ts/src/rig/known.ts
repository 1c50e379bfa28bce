import { isCode } from '../errors/error.ts';
import type { ContainerInfo } from '../place/interface.ts';
import type { RigDeps } from './deps.ts';
import { firstName } from './identity.ts';
import { holderOf, type Volume } from './holder.ts';
import { currentState, type Holder } from './keep-state.ts';
import { readRecord } from './record.ts';
import type { RigState } from './state.ts';

/** A rig of which the daemon has something. */
export interface Listed {
  readonly id: string;
  /** What its containers say; of volumes alone the record says it. */
  readonly name?: string | undefined;
  readonly containers: readonly ContainerInfo[];
  /** Of its machines. */
  readonly volume?: Volume | undefined;
}

/** What the engine, or else the state folder, knows of a rig. */
export interface Known {
  readonly name: string;
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
  listed: Listed,
  deps: Pick<RigDeps, 'docker' | 'paths'>,
  copy: boolean,
): Promise<Known> {
  const { id } = listed;
  await using holder = await holderOf(listed, deps.docker);
  const { any, container } = holder;
  const name = listed.name ?? (await nameInRecord(container, deps)) ?? firstName(id);
  try {
    return { name, any, state: await currentState({ id, name }, container, deps, copy) };
  } catch (error) {
    return { name, any, state: undefined, error: error as Error };
  }
}

async function nameInRecord(
  holder: Holder | undefined,
  { docker }: Pick<RigDeps, 'docker'>,
): Promise<string | undefined> {
  if (holder === undefined) return undefined;
  const record = await readRecord(docker, holder.id).catch((error: unknown) => {
    if (!isCode(error, 'BAD_FILE')) throw error;
  });
  return record?.state.name;
}
