import type { FakeDocker } from '../fakes/docker.ts';

/** What `docker container prune` removes: every container that does not run. */
export async function prune(docker: FakeDocker): Promise<void> {
  for (const { info } of [...docker.containerStore.values()]) {
    if (info.state !== 'running') await docker.containers.remove(info.id);
  }
}
