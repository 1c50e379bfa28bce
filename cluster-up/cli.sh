#!/usr/bin/env bash
# Runs the gocli that these scripts belong to.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

gocli "$@"
