import { GocliError } from '../../errors/error.ts';
import { runTool } from '../../frozen/tool.ts';
import { LABEL } from '../../place/labels.ts';
import { allOf } from '../../shared/all.ts';
import { REGISTRY_USER, type RigLayout } from '../container-specs.ts';
import type { RigDeps } from '../deps.ts';
import { rigId } from '../identity.ts';
import { isKept } from '../kept-registry.ts';
import { dataVolume } from '../names.ts';
import { claim, type Started } from './launch.ts';

const EMPTY = '[ ! -d "$1" ] || find "$1" -mindepth 1 -delete';

/**
 * Claims the name of a rig that does not exist. Its volume may: snapshots of a removed rig of that name lie in it, and
 * beside them what the registry of that one stored, which is not the new one's unless it was kept for it.
 * @throws GocliError CONFLICT, COMMAND
 */
export async function claimNew(layout: RigLayout, deps: RigDeps): Promise<Started> {
  const { docker, signal } = deps;
  const { host } = layout.plan;
  const id = rigId(host);
  const volume = dataVolume(id);
  // Claiming makes no volume of that name, and who does not get the name touches none.
  const [network, volumes] = await allOf([claim(layout, deps), docker.volumes.list({ [LABEL.cluster]: id })]);
  if (!volumes.some((one) => one.name === volume)) return network;
  const kept = await docker.containers.list({ [LABEL.owner]: id });
  if (kept.some(isKept)) return network;
  const mounts = [{ type: 'volume', source: volume, target: '/data' }] as const;
  const emptying = {
    name: `gocli-empty-${layout.run}`,
    image: host.imageId,
    labels: { [LABEL.cluster]: id, [LABEL.run]: layout.run },
    mounts,
    script: EMPTY,
    arguments: ['/data/registry'],
    user: REGISTRY_USER,
  };
  const { exitCode, output } = await runTool(docker, emptying, signal);
  if (exitCode === 0) return network;
  throw new GocliError('COMMAND', `what the registry of an earlier ${host.name} stored cannot be removed`, {
    observed: output.trim(),
  });
}
