#!/usr/bin/env bash
# Starts a cluster of $KUBEVIRT_PROVIDER, from nothing if need be. Further arguments go to `gocli run`.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/lib/common.sh"

goals=(cli provider)
flags=()
run=()
for argument in "$@"; do
  case "$argument" in
    --yes) flags=(--yes) ;;
    --no-provision)
      # Without provisioning its tools are not needed: gocli refuses when there is no image.
      goals=(cli docker)
      run+=("$argument")
      ;;
    *) run+=("$argument") ;;
  esac
done

"$GOCLI_ROOT/cluster-up/bootstrap.sh" "${flags[@]}" "${goals[@]}"
source_provider
up "${run[@]}"
