#!/usr/bin/env bash
# Prints the path of the kubeconfig.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

file="$(gocli_ci_config)/.kubeconfig"
# A start with --name leaves copies of a cluster of another name, which is meant as long as there is none of this one.
if gocli_copies_are_ours || { [[ -f "$file" ]] && ! gocli kubeconfig --path --name "$provider_prefix" >/dev/null 2>&1; }; then
  printf '%s\n' "$file"
else
  gocli kubeconfig --path --name "$provider_prefix"
fi
