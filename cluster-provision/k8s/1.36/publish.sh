#!/bin/sh
# Publishes the local image of this provider, or of another version: publish.sh 1.37. Further words go to `gocli publish`.
#
#   KUBEVIRTCI_CONTAINER_REGISTRY  registry, for example quay.io (required)
#   KUBEVIRTCI_CONTAINER_ORG       organisation or user in it (required)
#   KUBEVIRTCI_TAG                 tag; the time and the commit unless given
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
version=$(basename "$here")
case "${1:-}" in
  [0-9]*)
    version=$1
    shift
    ;;
esac
registry=${KUBEVIRTCI_CONTAINER_REGISTRY:?names the registry to push to, for example quay.io}
org=${KUBEVIRTCI_CONTAINER_ORG:?names the organisation in the registry}

exec "$here/../../../cluster-up/cli.sh" publish "k8s-$version" --registry "$registry/$org" \
  ${KUBEVIRTCI_TAG:+--tag "$KUBEVIRTCI_TAG"} "$@"
