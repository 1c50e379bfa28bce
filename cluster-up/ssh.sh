#!/usr/bin/env bash
# Runs a command on a node, or a shell: ssh.sh NODE [-- COMMAND...]
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

gocli ssh --name "$provider_prefix" "$@"
