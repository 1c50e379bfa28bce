#!/bin/sh
# Pushes the local image of this provider to a registry, or that of another version: publish.sh 1.37
#
#   KUBEVIRTCI_CONTAINER_REGISTRY  registry, for example quay.io (required)
#   KUBEVIRTCI_CONTAINER_ORG       organisation or user in it (required)
#   KUBEVIRTCI_TAG                 tag; the recipe hash of the image unless given
set -eu

folder=${1:-$(basename "$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)")}
provider="k8s-$folder"
registry=${KUBEVIRTCI_CONTAINER_REGISTRY:?names the registry to push to, for example quay.io}
org=${KUBEVIRTCI_CONTAINER_ORG:?names the organisation in the registry}
image="gocli/$provider:latest"

recipe=$(docker image inspect --format '{{ index .Config.Labels "io.gocli.recipe" }}' "$image") || {
  echo "there is no image $image; build it: gocli provision cluster-provision/k8s/$folder" >&2
  exit 7
}
tag=${KUBEVIRTCI_TAG:-$(printf '%.12s' "$recipe")}

for target in "$registry/$org/$provider:$tag" "$registry/$org/$provider:latest"; do
  docker tag "$image" "$target"
  docker push "$target"
done
