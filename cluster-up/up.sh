#!/usr/bin/env bash
# Starts a cluster of $KUBEVIRT_PROVIDER, from nothing if need be. Further arguments go to `gocli run`.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

usage() {
  cat <<'USAGE'
Usage: cluster-up/up.sh [--yes] [FLAGS OF gocli run]

Makes the machine ready, provisions if need be, and starts the cluster of $KUBEVIRT_PROVIDER.
--yes (or YES=1, or CI set) installs without asking; so does a run without a terminal.
USAGE
  if gocli_built; then gocli run --help; else printf 'The flags of gocli run are in docs/cli.md.\n'; fi
}

# Whether `gocli run` is told, by flags or variable, what keeps it from provisioning. Its tools are not needed then:
# without an image gocli pulls one, or refuses.
provisions_nothing() {
  local words=" $* ${KUBEVIRT_PROVIDER_EXTRA_ARGS:-} "
  words="${words//[\"\']/}"
  [[ "$words" =~ [[:space:]]--(no-provision|provision=false|dry-run|snapshot|container-registry)[[:space:]=] ]] && return
  [[ "$words" =~ [[:space:]]--container-suffix[[:space:]=]+([^[:space:]]*) && "${BASH_REMATCH[1]#:}" != latest ]]
}

goals=(cli provider)
flags=()
run=()
for argument in "$@"; do
  case "$argument" in
    --yes) flags=(--yes) ;;
    --help | -h) usage; exit 0 ;;
    *) run+=("$argument") ;;
  esac
done
if provisions_nothing "${run[@]}"; then goals=(cli docker); fi

"$GOCLI_ROOT/cluster-up/bootstrap.sh" "${flags[@]}" "${goals[@]}"
gocli_source_provider
up "${run[@]}"
