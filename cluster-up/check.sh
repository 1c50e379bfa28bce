#!/usr/bin/env bash
# Says what this machine lacks and what to do about it.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

# As in kubevirtci it says so and is no failure: up.sh mends what it can, and refuses what it cannot.
gocli doctor "$@" || { code=$?; [[ "$code" == 3 ]] && gocli_built || exit "$code"; }
