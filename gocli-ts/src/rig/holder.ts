import { randomBytes } from 'node:crypto';
import { isCode } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { Docker } from '../place/interface.ts';
import type { Holder } from './keep-state.ts';
import type { Listed } from './known.ts';
import { machinesMount } from './machine-files.ts';
import { isMachine, partOf } from './parts.ts';

/** A volume of a rig as it is listed. */
export type Volume = Awaited<ReturnType<Docker['volumes']['list']>>[number];

interface Held extends AsyncDisposable {
  /** Whether there is anything of the rig: a container, or the volume. */
  readonly any: boolean;
  /** Absent when there is nothing of it in which one could read. */
  readonly container?: Holder;
}

const nothingToDo = (): Promise<void> => Promise.resolve();

/**
 * A container in which the files of a rig's machines can be read. Where all containers of it were removed, but not the
 * volume (`docker container prune` after a restart of the host), one is made for that, and removed when it is disposed of.
 */
export async function holderOf(
  { id: rig, containers, volume }: Pick<Listed, 'id' | 'containers' | 'volume'>,
  docker: Docker,
): Promise<Held> {
  const network = partOf(containers, 'dnsmasq');
  const node = containers.find(isMachine);
  const own = network ?? node;
  if (own !== undefined) return { any: true, container: own, [Symbol.asyncDispose]: nothingToDo };
  if (volume === undefined) return { any: containers.length > 0, [Symbol.asyncDispose]: nothingToDo };
  const { keeperSpec } = await import('../place/keeper.ts');
  const make = (image: string): Promise<string> =>
    docker.containers.create({
      // Docker makes it anew when it was removed since; with its labels it is found and removed again.
      ...keeperSpec(image, [{ ...machinesMount(rig), labels: volume.labels }]),
      name: `${rig}-reader-${randomBytes(3).toString('hex')}`,
      labels: { [LABEL.role]: 'tool' },
    });
  try {
    const id = await make(volume.labels[LABEL.image] ?? '');
    return { any: true, container: { id }, [Symbol.asyncDispose]: () => docker.containers.remove(id) };
  } catch (error) {
    if (!isCode(error, 'IMAGE_MISSING')) throw error;
  }
  // `docker system prune -a` took the image, too; what the rig waits for then is in its record.
  const { readerImage } = await import('../place/reader-image.ts');
  const image = await readerImage(docker);
  const id = await make(image.id);
  const dispose = async (): Promise<void> => {
    await docker.containers.remove(id);
    await image[Symbol.asyncDispose]();
  };
  return { any: true, container: { id }, [Symbol.asyncDispose]: dispose };
}
