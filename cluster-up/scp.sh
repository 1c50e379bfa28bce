#!/usr/bin/env bash
# Copies between a node and this machine: scp.sh SOURCE TARGET
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

gocli scp --name "$provider_prefix" "$@"
