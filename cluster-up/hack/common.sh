# shellcheck shell=bash
# What scripts written for kubevirtci source first: where things are, the cluster's name, and a default for every variable
# that kubevirtci gives one. Defaults are not exported: what gocli is told is what the user has exported.

# shellcheck source-path=SCRIPTDIR source=../lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../lib/common.sh"

# With the slash at its end, as in kubevirtci: scripts append names to it.
KUBEVIRTCI_PATH="${KUBEVIRTCI_PATH:-$GOCLI_ROOT/cluster-up/}"
KUBEVIRTCI_CLUSTER_PATH="${KUBEVIRTCI_CLUSTER_PATH:-${KUBEVIRTCI_PATH%/}/cluster}"

KUBEVIRT_NUM_NODES="${KUBEVIRT_NUM_NODES:-1}"
KUBEVIRT_NUM_VCPU="${KUBEVIRT_NUM_VCPU:-2}"
KUBEVIRT_MEMORY_SIZE="${KUBEVIRT_MEMORY_SIZE:-3072M}"
KUBEVIRT_NUM_NUMA_NODES="${KUBEVIRT_NUM_NUMA_NODES:-1}"
KUBEVIRT_NUM_SECONDARY_NICS="${KUBEVIRT_NUM_SECONDARY_NICS:-0}"
KUBEVIRT_FLANNEL="${KUBEVIRT_FLANNEL:-true}"
KUBEVIRT_CGROUPV2="${KUBEVIRT_CGROUPV2:-true}"
for variable in KUBEVIRT_DEPLOY_{ISTIO,PROMETHEUS,PROMETHEUS_ALERTMANAGER,GRAFANA,NFS_CSI,CDI,AAQ} \
  KUBEVIRT_{PSA,SINGLE_STACK,NO_ETCD_FSYNC,ENABLE_AUDIT,WITH_ETC_IN_MEMORY,WITH_SRIOV,SWAP_ON,KSM_ON} \
  KUBEVIRT_{SECONDARY_NIC_BRIDGES,USE_DRA,USE_FAKE_VFIO} KUBVIRT_WITH_CNAO_SKIP_CONFIG; do
  [[ -n "${!variable:-}" ]] || printf -v "$variable" %s false
done
# Empty in kubevirtci, too; scripts read them under `set -u`.
for variable in KUBEVIRT_{CUSTOM_CDI_VERSION,CUSTOM_AAQ_VERSION,SWAP_BEHAVIOR}; do
  [[ -n "${!variable:-}" ]] || printf -v "$variable" %s ''
done
unset variable

# Names that those scripts use as they are, most of them without quotes: a path with a blank would be several words there.
# shellcheck disable=SC2034 # by the scripts that source this
job_prefix="${JOB_NAME:-kubevirt}${EXECUTOR_NUMBER:-}"
# shellcheck disable=SC2034
_cli="${KUBEVIRTCI_PATH%/}/cli.sh" _kubectl="${KUBEVIRTCI_PATH%/}/kubectl.sh"
if [[ "$KUBEVIRTCI_PATH" == *[[:space:]]* ]]; then
  # shellcheck disable=SC2034
  _cli=gocli _kubectl=_kubectl
fi
_kubectl() { "$GOCLI_ROOT/cluster-up/kubectl.sh" "$@"; }

mkdir -p "$(ci_config)"
