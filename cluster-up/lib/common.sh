# shellcheck shell=bash
# What all scripts of cluster-up share; sourced, never run.

GOCLI_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"

# True in a package that npm has installed, which is built and has no sources; false in a checkout.
installed() { [[ ! -e "$GOCLI_ROOT/tsconfig.json" ]]; }

# An installed package may belong to root, and npm empties its folder at each update.
config_home="$GOCLI_ROOT"
if installed; then config_home="${XDG_STATE_HOME:-$HOME/.local/state}/gocli"; fi

KUBEVIRT_PROVIDER="${KUBEVIRT_PROVIDER:-k8s-1.36}"
KUBEVIRTCI_CONFIG_PATH="${KUBEVIRTCI_CONFIG_PATH:-$config_home/_ci-configs}"
export KUBEVIRT_PROVIDER KUBEVIRTCI_CONFIG_PATH

# Runs gocli from this checkout or package; the exit code is gocli's.
gocli() {
  if [[ ! -f "$GOCLI_ROOT/dist/gocli-ts/src/main.js" ]]; then
    printf 'gocli is not built yet; type: make build\n' >&2
    return 3
  fi
  node "$GOCLI_ROOT/gocli-ts/bin/gocli.js" "$@"
}

# Folder with .kubeconfig and .kubectl of the provider, where scripts written for kubevirtci look for them.
ci_config() {
  printf '%s/%s\n' "$KUBEVIRTCI_CONFIG_PATH" "$KUBEVIRT_PROVIDER"
}

# The provider's folder below cluster-up/cluster, or nothing for an unknown one, which is gocli's to refuse: it knows the
# nearest name.
provider_folder() {
  local folder="$GOCLI_ROOT/cluster-up/cluster/$KUBEVIRT_PROVIDER"
  if [[ "$KUBEVIRT_PROVIDER" != */* && -f "$folder/provider.sh" ]]; then
    printf '%s\n' "$folder"
  fi
}

# Reads the provider's `up` and `down`.
source_provider() {
  local folder
  folder="$(provider_folder)"
  # shellcheck source=/dev/null
  source "${folder:-$GOCLI_ROOT/cluster-up/lib}/provider.sh"
}
