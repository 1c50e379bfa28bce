import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LABEL } from '../place/labels.ts';
import type { RigDeps } from '../rig/deps.ts';
import { idOfState } from '../rig/identity.ts';
import type { RigState } from '../rig/state.ts';
import { KUBERNETES_PATH } from './image-path.ts';
import { writeAtomic } from '../host/atomic-files.ts';
import { GocliError } from '../errors/error.ts';
import { gocliCommand } from '../shared/command.ts';

/** The provider's own kubectl on this host. It is taken out of the image once per image and kept in the cache. */
export async function kubectlPath(
  state: RigState,
  { docker, paths, signal }: Pick<RigDeps, 'docker' | 'paths' | 'signal'>,
): Promise<string> {
  const id = state.plan.host.imageId.replace(/^sha256:/, '').slice(0, 16);
  const path = join(paths.cache, 'kubectl', id, 'kubectl');
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined) return path;
  const containers = await docker.containers.list({
    [LABEL.cluster]: idOfState(state),
    [LABEL.role]: 'dnsmasq',
  });
  const owner = containers[0];
  if (owner === undefined) {
    throw new GocliError('NOT_FOUND', `cluster "${state.name}" has no container to take kubectl from`, {
      hint: `Type: ${gocliCommand('status', state.name)}`,
    });
  }
  await writeAtomic(path, await docker.containers.readFile(owner.id, KUBERNETES_PATH.kubectl, signal), 0o755);
  return path;
}
