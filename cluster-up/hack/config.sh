# shellcheck shell=bash
# Where the cluster of $KUBEVIRT_PROVIDER is, and by which prefixes images are pushed and pulled, for scripts written for
# kubevirtci. `gocli run --ci-config` writes what it reads.
unset docker_prefix master_ip network_provider kubeconfig kubectl gocli manifest_docker_prefix

# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"
# shellcheck source-path=SCRIPTDIR source=config-default.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/config-default.sh"

# Of two CI jobs each has its own cluster, and the later start wrote this file.
if [[ -f "$(gocli_ci_config)/config-provider-$KUBEVIRT_PROVIDER.sh" ]] && { [[ -z "${JOB_NAME:-}${EXECUTOR_NUMBER:-}" ]] || gocli_copies_are_ours; }; then
  # shellcheck source=/dev/null
  source "$(gocli_ci_config)/config-provider-$KUBEVIRT_PROVIDER.sh"
fi
if [[ -f "$GOCLI_ROOT/cluster-up/hack/config-local.sh" ]]; then
  # shellcheck source=/dev/null
  source "$GOCLI_ROOT/cluster-up/hack/config-local.sh"
fi
export docker_prefix master_ip network_provider kubeconfig kubectl gocli manifest_docker_prefix
