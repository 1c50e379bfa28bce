import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import type { MachineHandle } from '../frozen/migration.ts';
import type { RigDeps } from '../rig/deps.ts';
import { onNodes } from './on-nodes.ts';

/** An image that nodes hold. */
export interface NodeImage {
  /** `sha256:…`, the digest of its configuration. */
  readonly id: string;
  /** Full names with a tag; none for what a later image has taken the name of. */
  readonly names: readonly string[];
  /** Names with a digest. */
  readonly digests: readonly string[];
  /** Bytes, compressed where its layers are. */
  readonly size: number;
  /** Belongs to the provider; neither the kubelet nor gocli removes it. */
  readonly system: boolean;
  /** A container is made of it, on whatever node. */
  readonly used: boolean;
  /** Nodes that hold it. */
  readonly nodes: readonly string[];
}

/** CRI, runtime/v1 api.proto, as crictl writes it. */
const listSchema = z.object({
  images: z.array(
    z.object({
      id: z.string(),
      repoTags: z.array(z.string()).nullish(),
      repoDigests: z.array(z.string()).nullish(),
      size: z.string().nullish(),
      pinned: z.boolean().nullish(),
    }),
  ),
});
const containersSchema = z.object({
  containers: z
    .array(
      z.object({
        image: z.object({ image: z.string() }),
        imageRef: z.string(),
        imageId: z.string().nullish(),
      }),
    )
    .nullish(),
});

const BETWEEN = '----';
const LIST = `crictl images -o json & images=$!
crictl ps -a -o json >/run/gocli-containers.$$
wait $images
echo ${BETWEEN}
cat /run/gocli-containers.$$
rm -f /run/gocli-containers.$$`;

/** All images that the nodes of a rig hold. @throws GocliError REMOTE_COMMAND, TIMEOUT, GUEST_DIED */
export async function nodeImages(
  rig: string,
  nodes: readonly MachineHandle[],
  deps: Pick<RigDeps, 'docker' | 'clock' | 'signal'>,
): Promise<NodeImage[]> {
  const script = { what: 'tells its images', script: LIST, parameters: () => [] };
  const printed = await onNodes(rig, nodes, script, deps);
  return mergeImages(printed.map((text, at) => parseImages(text, nodes[at]?.node ?? '')));
}

/** Parameters are ids of images, which go with all their names, and names, which go alone. */
const REMOVE = `for one; do
  case $one in
    sha256:*) crictl rmi "$one" >/dev/null ;;
    *) ctr -n k8s.io images rm "$one" >/dev/null ;;
  esac
done`;

/**
 * Removes images from the nodes that hold them.
 * @param what names or ids for each image
 * @throws GocliError REMOTE_COMMAND, TIMEOUT, GUEST_DIED
 */
export async function removeImages(
  rig: string,
  machines: readonly MachineHandle[],
  what: readonly { readonly image: NodeImage; readonly words: readonly string[] }[],
  deps: Pick<RigDeps, 'docker' | 'clock' | 'signal'>,
): Promise<void> {
  const parameters = (node: string): readonly string[] =>
    what.flatMap(({ image, words }) => (image.nodes.includes(node) ? words : []));
  const concerned = machines.filter(({ node }) => parameters(node).length > 0);
  await onNodes(rig, concerned, { what: 'removes the images', script: REMOVE, parameters }, deps);
}

/** Images of one node, by what {@link LIST} prints there. @throws GocliError REMOTE_COMMAND */
export function parseImages(printed: string, node: string): NodeImage[] {
  const [images = '', containers = ''] = printed.split(`${BETWEEN}\n`);
  try {
    const made = containersSchema.parse(JSON.parse(containers)).containers ?? [];
    const used = new Set(made.flatMap(({ image, imageRef, imageId }) => [image.image, imageRef, imageId]));
    return listSchema.parse(JSON.parse(images)).images.map((one) => {
      const [names, digests] = [one.repoTags ?? [], one.repoDigests ?? []];
      return {
        id: one.id,
        names,
        digests,
        size: Number(one.size ?? 0),
        system: one.pinned === true,
        used: [one.id, ...names, ...digests].some((name) => used.has(name)),
        nodes: [node],
      };
    });
  } catch (error) {
    throw new GocliError('REMOTE_COMMAND', `what ${node} says of its images cannot be read`, {
      cause: error,
    });
  }
}

/** The same image on several nodes is one. Those of the provider come last, the others by name. */
export function mergeImages(lists: readonly (readonly NodeImage[])[]): NodeImage[] {
  const merged = new Map<string, NodeImage>();
  for (const image of lists.flat()) {
    const other = merged.get(image.id);
    merged.set(image.id, other === undefined ? image : both(other, image));
  }
  return [...merged.values()].sort(
    (a, b) => Number(a.system) - Number(b.system) || compare(a.names[0] ?? a.id, b.names[0] ?? b.id),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function both(a: NodeImage, b: NodeImage): NodeImage {
  return {
    ...a,
    names: [...new Set([...a.names, ...b.names])],
    digests: [...new Set([...a.digests, ...b.digests])],
    system: a.system || b.system,
    used: a.used || b.used,
    nodes: [...a.nodes, ...b.nodes],
  };
}
