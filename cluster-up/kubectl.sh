#!/usr/bin/env bash
# Runs the provider's own kubectl on its cluster.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

case "${1:-}" in
  console | vnc | start | stop | migrate | virt)
    printf '"%s" is a command of KubeVirt, not of kubectl; type: virtctl' "$1" >&2
    printf ' %q' --kubeconfig "$(gocli_ci_config)/.kubeconfig" "$@" >&2
    echo >&2
    exit 2
    ;;
esac
gocli kubectl --name "$provider_prefix" -- "$@"
