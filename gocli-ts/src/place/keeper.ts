import { isCode } from '../errors/error.ts';
import type { ContainerSpec, Docker, Mount } from './port.ts';

/**
 * A container that is never started: it refers to volumes, so that nothing removes them, and its labels hold what is
 * known of them.
 */
export function keeperSpec(image: string, mounts: readonly Mount[]): Omit<ContainerSpec, 'name' | 'labels'> {
  return {
    image,
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    entrypoint: ['/bin/true'],
    mounts,
  };
}

/** Removes a volume that no container refers to; says whether it went. */
export async function removeUnusedVolume(docker: Docker, volume: string): Promise<boolean> {
  try {
    await docker.volumes.remove(volume);
    return true;
  } catch (error) {
    if (!isCode(error, 'CONFLICT')) throw error;
    return false;
  }
}
