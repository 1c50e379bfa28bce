import type { Docker } from '../../place/interface.ts';
import { GocliError } from '../../errors/error.ts';
import { processorDifference } from '../../frozen/gate.ts';
import { ATTACHMENT_FILE } from '../../frozen/templates.ts';
import type { RigLayout } from '../container-specs.ts';
import type { RigDeps } from '../deps.ts';
import type { RigPlan } from '../plan.ts';
import type { RigState } from '../state.ts';
import { layoutAt, readHost } from '../start/surroundings.ts';
import { parseKeys, type RigKeys } from '../template/keys.ts';
import { snapshotFolder, type Snapshot } from './list.ts';

/**
 * The containers of machines that are to load a snapshot.
 * @throws GocliError CONFLICT when this host has another accelerator or processor
 */
export async function snapshotLayout(
  { record }: Snapshot,
  plan: RigPlan,
  { ports, sshPublicKey }: Pick<RigState, 'ports' | 'sshPublicKey'>,
  deps: RigDeps,
): Promise<RigLayout> {
  const { facts } = await readHost(plan, deps);
  const difference = processorDifference(record.state, facts);
  if (difference !== undefined) {
    throw new GocliError('CONFLICT', `snapshot "${record.name}" cannot be loaded here: ${difference}`, {
      hint: 'Memory of a machine can only be loaded on the kind of processor it was saved on.',
    });
  }
  return { ...layoutAt(facts, plan, ports, deps), sshPublicKey };
}

/** What one needs to talk to the machines of a snapshot. @throws GocliError NOT_FOUND, BAD_FILE */
export async function readKeys({ record, keeper }: Snapshot, docker: Docker): Promise<RigKeys> {
  const path = `${snapshotFolder(record.id)}/${ATTACHMENT_FILE}`;
  return parseKeys((await docker.containers.readFile(keeper, path)).toString('utf8'));
}
