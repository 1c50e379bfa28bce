# shellcheck shell=bash
# What scripts written for kubevirtci source first: where things are, the cluster's name, and a default for every variable
# that kubevirtci gives one. Defaults are not exported: what gocli is told is what the user has set.

if [ -z "${BASH_VERSION:-}" ]; then
  echo 'the scripts of cluster-up are for bash, and this is another shell: type bash, and source it there' >&2
  return 3
fi

# shellcheck source-path=SCRIPTDIR source=../lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../lib/common.sh" || return

# With the slash at its end, as in kubevirtci: scripts append names to it.
KUBEVIRTCI_PATH="${KUBEVIRTCI_PATH:-$GOCLI_ROOT/cluster-up/}"
[[ "$KUBEVIRTCI_PATH" == /* ]] || KUBEVIRTCI_PATH="$PWD/$KUBEVIRTCI_PATH"
KUBEVIRTCI_CLUSTER_PATH="${KUBEVIRTCI_CLUSTER_PATH:-${KUBEVIRTCI_PATH%/}/cluster}"

# _gocli_default VALUE NAME...: gives it to those that have none. `up` does not hand these on, but all else it finds set.
_gocli_default() {
  local value="$1" name
  shift
  for name in "$@"; do
    [[ -z "${!name:-}" ]] || continue
    printf -v "$name" %s "$value"
    _gocli_defaults+=" $name=$value "
  done
}

_gocli_default 1 KUBEVIRT_NUM_NODES KUBEVIRT_NUM_NUMA_NODES
_gocli_default 2 KUBEVIRT_NUM_VCPU
_gocli_default 3072M KUBEVIRT_MEMORY_SIZE
_gocli_default 0 KUBEVIRT_NUM_SECONDARY_NICS
_gocli_default true KUBEVIRT_{FLANNEL,CGROUPV2}
_gocli_default false KUBEVIRT_DEPLOY_{ISTIO,PROMETHEUS,PROMETHEUS_ALERTMANAGER,GRAFANA,NFS_CSI,CDI,AAQ} \
  KUBEVIRT_{PSA,SINGLE_STACK,NO_ETCD_FSYNC,ENABLE_AUDIT,WITH_ETC_IN_MEMORY,WITH_SRIOV,SWAP_ON,KSM_ON} \
  KUBEVIRT_{SECONDARY_NIC_BRIDGES,USE_DRA,USE_FAKE_VFIO} KUBVIRT_WITH_CNAO_SKIP_CONFIG
# Empty in kubevirtci, too; scripts read them under `set -u`.
_gocli_default '' KUBEVIRT_{CUSTOM_CDI_VERSION,CUSTOM_AAQ_VERSION,SWAP_BEHAVIOR}

# Names that those scripts use as they are, most of them without quotes: a path with a blank would be several words there.
# shellcheck disable=SC2034 # by the scripts that source this
job_prefix="${JOB_NAME:-kubevirt}${EXECUTOR_NUMBER:-}"
# shellcheck disable=SC2034
_cli="$GOCLI_ROOT/cluster-up/cli.sh" _kubectl="$GOCLI_ROOT/cluster-up/kubectl.sh"
if [[ "$GOCLI_ROOT" == *[[:space:]]* ]]; then
  # shellcheck disable=SC2034
  _cli=gocli _kubectl=_kubectl
fi
_kubectl() { "$GOCLI_ROOT/cluster-up/kubectl.sh" "$@"; }

mkdir -p "$(gocli_ci_config)" 2>/dev/null ||
  printf 'warning: %s cannot be made; say another place in KUBEVIRTCI_CONFIG_PATH\n' "$(gocli_ci_config)" >&2
