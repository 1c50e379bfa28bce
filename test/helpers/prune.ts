import type { FakeDocker } from '../fakes/docker.ts';

/** What `docker container prune` removes: every container that does not run. */
export async function prune(docker: FakeDocker): Promise<void> {
  for (const { info } of [...docker.containerStore.values()]) {
    if (info.state !== 'running') await docker.containers.remove(info.id);
  }
}

/** What `docker system prune -a` leaves: volumes. Gives back the images. */
export async function pruneAll(docker: FakeDocker): Promise<() => void> {
  for (const id of docker.containerStore.keys()) docker.end(id, 137);
  await prune(docker);
  const images = [...docker.imageStore];
  docker.imageStore.clear();
  return () => {
    for (const [id, image] of images) docker.imageStore.set(id, image);
  };
}
