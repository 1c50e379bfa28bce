#!/usr/bin/env bash
# Says what this machine lacks and what to do about it.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

gocli doctor "$@"
