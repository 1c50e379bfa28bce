#!/usr/bin/env bash
# Prints the path of the kubeconfig.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/lib/common.sh"

file="$(ci_config)/.kubeconfig"
if [[ -f "$file" ]]; then
  printf '%s\n' "$file"
else
  gocli kubeconfig --path --name "$KUBEVIRT_PROVIDER"
fi
