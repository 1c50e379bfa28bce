#!/usr/bin/env bash
# Removes the cluster of $KUBEVIRT_PROVIDER; it is no error when there is none.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/lib/common.sh"

source_provider
down "$@"
rm -f "$(ci_config)/.kubeconfig" "$(ci_config)/.kubectl"
