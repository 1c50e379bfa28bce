import type { LoadableImage } from '../images/loadable-image.ts';
import { LOAD_REPOSITORY } from '../images/registry.ts';
import type { RigState } from '../rig/state.ts';
import { quote, quoteAll } from '../shared/quote.ts';
import { localRegistryScript, NODES_REGISTRY } from './local-registry.ts';
import type { NodeScript } from './on-nodes.ts';

/**
 * `bring DIGEST NAME…` pulls an image by the digest of its manifest, unless the node holds it by all these names. Each
 * program takes an emulated guest a third of a second, so all that is held is asked for once, and nobody waits until the
 * name goes by which it was pulled: nothing but the user's names is to keep an image.
 */
const BRING = `bring() {
  pulled=${NODES_REGISTRY}/${LOAD_REPOSITORY}@$1
  shift
  lacking=
  for name; do
    case "$held" in *"|$name|"*) ;; *) lacking="$lacking $name" ;; esac
  done
  [ -n "$lacking" ] || return 0
  ctr images pull --plain-http "$pulled" >/dev/null
  for name in $lacking; do
    ctr images tag --force "$pulled" "$name" >/dev/null
    echo "$name"
  done
  ctr images rm "$pulled" >/dev/null 2>&1 &
}`;

type Named = Pick<LoadableImage, 'names' | 'manifest'>;

/** What lets a node hold images by their names that the registry has. It prints the names that are new there. */
export function loadScript(images: readonly Named[], state: Pick<RigState, 'name' | 'ports'>): NodeScript {
  const filters = images.flatMap(({ names, manifest: { digest } }) =>
    names.map((name) => quote(`name=="${name}",target.digest==${digest}`)),
  );
  const script = [
    // Of clusters that an earlier gocli started.
    localRegistryScript(state),
    'export CONTAINERD_NAMESPACE=k8s.io',
    `held=$(ctr images ls -q ${filters.join(' ')})`,
    `held="|$(echo "$held" | tr '\\n' '|')"`,
    BRING,
    ...images.map(({ names, manifest }) => `bring ${quoteAll([manifest.digest, ...names])}`),
  ];
  return { what: 'holds the images', script: script.join('\n'), parameters: () => [] };
}
