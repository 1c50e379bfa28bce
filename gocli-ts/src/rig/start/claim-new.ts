import { LABEL } from '../../place/labels.ts';
import { allOf } from '../../shared/all.ts';
import type { RigLayout } from '../container-specs.ts';
import type { RigDeps } from '../deps.ts';
import { rigId } from '../identity.ts';
import { emptyUnlessKept, isKept } from '../kept-registry.ts';
import { dataVolume } from '../names.ts';
import { claim, type Started } from './launch.ts';

/**
 * Claims the name of a rig that does not exist. Its volume may: snapshots of a removed rig of that name lie in it, and
 * beside them what the registry of that one stored, which is not the new one's unless it was kept for it.
 * @throws GocliError CONFLICT, COMMAND
 */
export async function claimNew(layout: RigLayout, deps: RigDeps): Promise<Started> {
  const { docker } = deps;
  const { host } = layout.plan;
  const id = rigId(host);
  const volume = dataVolume(id);
  // Claiming makes no volume of that name, and who does not get the name touches none.
  const [network, volumes] = await allOf([claim(layout, deps), docker.volumes.list({ [LABEL.cluster]: id })]);
  if (!volumes.some((one) => one.name === volume)) return network;
  const kept = await docker.containers.list({ [LABEL.owner]: id });
  if (kept.some(isKept)) return network;
  await emptyUnlessKept({ id, name: host.name }, host.imageId, deps);
  return network;
}
