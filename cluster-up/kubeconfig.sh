#!/usr/bin/env bash
# Prints the path of the kubeconfig.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

file="$(ci_config)/.kubeconfig"
if [[ -f "$file" ]]; then
  printf '%s\n' "$file"
else
  gocli kubeconfig --path --name "$provider_prefix"
fi
