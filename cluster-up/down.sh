#!/usr/bin/env bash
# Removes the cluster of $KUBEVIRT_PROVIDER, or of the CI job; it is no error when there is none.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

gocli_source_provider
down "$@"

# Flags may have named another cluster, or asked for help; so copies go only when the cluster that they lead to is gone.
folder="$(gocli_ci_config)"
[[ -e "$folder/.kubeconfig" || -e "$folder/.kubectl" ]] || exit 0
cluster=
if [[ -f "$folder/.kubeconfig" ]]; then
  cluster="$(sed -n 's/^current-context: *//p' "$folder/.kubeconfig" | tr -d "\"'")"
fi
clusters="$(gocli ls -o name)" || exit 0
if ! grep -qxF -e "${cluster:-$provider_prefix}" <<<"$clusters"; then
  rm -f "$folder/.kubeconfig" "$folder/.kubectl" "$folder/config-provider-$KUBEVIRT_PROVIDER.sh"
  [[ "$(cat "$folder/.gitignore" 2>/dev/null)" != '*' ]] || rm -f "$folder/.gitignore"
fi
