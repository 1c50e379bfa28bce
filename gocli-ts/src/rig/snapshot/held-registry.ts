import { messageOf } from '../../errors/error.ts';
import { LABEL } from '../../place/labels.ts';
import { gocliCommand } from '../../shared/command.ts';
import { type RigDeps, notice } from '../deps.ts';
import type { FoundRig } from '../life.ts';
import { partOf } from '../parts.ts';

/** Lets the registry of a rig stand still, so that nothing is pushed that a save would not have. */
export async function holdRegistry(found: FoundRig, { docker }: Pick<RigDeps, 'docker'>): Promise<void> {
  const registry = partOf(found.containers, 'registry');
  // A save that was killed may have left it so.
  if (registry !== undefined && registry.state !== 'paused') await docker.containers.pause(registry.id);
}

/**
 * Lets it go on. That it cannot is no reason to throw away what was saved, nor to keep the machines from going on: it
 * ended meanwhile, or somebody else let it go on.
 */
export async function releaseRegistry(found: FoundRig, deps: RigDeps): Promise<void> {
  const registry = partOf(found.containers, 'registry');
  if (registry === undefined) return;
  try {
    await deps.docker.containers.unpause(registry.id);
  } catch (error) {
    const now = await deps.docker.containers.list({ [LABEL.cluster]: found.id }).catch(() => []);
    if (now.find(({ id }) => id === registry.id)?.state === 'running') return;
    const text = `The registry of ${found.name} does not go on (${messageOf(error)}). Type: ${gocliCommand('resume', found.name)}`;
    notice(deps, text, 'warning');
  }
}
