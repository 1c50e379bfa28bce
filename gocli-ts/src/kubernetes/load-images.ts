import { LOAD_REPOSITORY } from '../images/registry.ts';
import type { LoadableImage } from '../images/image.ts';
import { localRegistryScript, NODES_REGISTRY } from './local-registry.ts';
import type { NodeScript } from './on-nodes.ts';
import type { RigState } from '../rig/state.ts';

/**
 * Parameters are a name and the digest of its manifest each. What a node has under that name is left alone. The name by
 * which it was pulled goes, so that nothing but the user's names keeps an image.
 */
const LOAD = `export CONTAINERD_NAMESPACE=k8s.io
from=$1
shift
while [ $# -gt 0 ]; do
  name=$1 digest=$2
  shift 2
  [ -z "$(ctr images ls -q "name==\\"$name\\",target.digest==$digest")" ] || continue
  ctr images pull --plain-http "$from@$digest" >/dev/null
  ctr images tag --force "$from@$digest" "$name" >/dev/null
  ctr images rm "$from@$digest" >/dev/null
  echo "$name"
done`;

/** What lets a node hold images by their names that the registry has. It prints the names that are new there. */
export function loadScript(
  images: readonly Pick<LoadableImage, 'names' | 'manifest'>[],
  state: Pick<RigState, 'name' | 'ports'>,
): NodeScript {
  const pairs = images.flatMap(({ names, manifest }) => names.flatMap((name) => [name, manifest.digest]));
  return {
    what: 'holds the images',
    // Of clusters that an earlier gocli started.
    script: `${localRegistryScript(state)}\n${LOAD}`,
    parameters: () => [`${NODES_REGISTRY}/${LOAD_REPOSITORY}`, ...pairs],
  };
}
