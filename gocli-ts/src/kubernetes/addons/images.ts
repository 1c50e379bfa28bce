import type { Catalog } from '../../addons/catalog.ts';
import { plannedIn, type PlannedAddon } from '../../addons/plan.ts';
import { GocliError } from '../../errors/error.ts';
import type { DockerImages } from '../../place/interface.ts';
import { loadOnto } from '../load.ts';
import { nodeImages } from '../node-images.ts';
import type { AddonCluster } from './addon-cluster.ts';

/** An image that an addon asks for. */
interface AskedImage {
  readonly name: string;
  readonly addon: string;
}

/**
 * Brings images to all nodes that do not have them, from the local Docker.
 * @throws GocliError IMAGE_MISSING naming all that neither has
 */
export async function bringImages(images: readonly AskedImage[], work: AddonCluster): Promise<void> {
  if (images.length === 0) return;
  const { state, nodes, steps, deps } = work;
  const held = await nodeImages(state.name, nodes, deps);
  const isHeld = ({ name }: AskedImage): boolean =>
    held.some((one) => one.names.includes(name) && one.nodes.length === nodes.length);
  const wanted = images.filter((image) => !isHeld(image));
  if (wanted.length === 0) return;
  await requireLocal(wanted, deps.docker.images);
  const references = wanted.map(({ name }) => name);
  await loadOnto({ images: references, archives: [], tag: undefined }, { state, nodes }, steps, deps);
}

/**
 * Refuses addons whose images nobody has, before a cluster is booted for them.
 * @throws GocliError IMAGE_MISSING, CONFLICT
 */
export async function requireImages(
  planned: readonly PlannedAddon[],
  catalog: Catalog,
  docker: DockerImages,
): Promise<void> {
  const images = planned.flatMap((one) => {
    const { name: addon, images: own } = plannedIn(one, catalog);
    return own.map(({ name }) => ({ name, addon }));
  });
  await requireLocal(images, docker);
}

async function requireLocal(images: readonly AskedImage[], docker: DockerImages): Promise<void> {
  const found = await Promise.all(images.map(({ name }) => docker.inspect(name)));
  const missing = images.filter((_, at) => found[at] === undefined);
  if (missing.length === 0) return;
  const addons = [...new Set(missing.map(({ addon }) => addon))];
  const names = missing.map(({ name }) => name);
  throw new GocliError('IMAGE_MISSING', `images of addons are not there: ${names.join(', ')}`, {
    hint: `Build them once (gocli provision --addons ${addons.join(',')}), or docker load them from a host that has them.`,
  });
}
