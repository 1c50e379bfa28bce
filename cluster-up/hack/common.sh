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
for variable in KUBEVIRT_DEPLOY_{ISTIO,PROMETHEUS,PROMETHEUS_ALERTMANAGER,GRAFANA,NFS_CSI,CDI,AAQ} \
  KUBEVIRT_{PSA,SINGLE_STACK,NO_ETCD_FSYNC,ENABLE_AUDIT,WITH_ETC_IN_MEMORY,WITH_SRIOV,SWAP_ON,KSM_ON}; do
  [[ -n "${!variable:-}" ]] || printf -v "$variable" %s false
done
unset variable

# Names that those scripts use as they are.
# shellcheck disable=SC2034 # by the scripts that source this
provider_prefix="$KUBEVIRT_PROVIDER" job_prefix="${JOB_NAME:-kubevirt}${EXECUTOR_NUMBER:-}"
# shellcheck disable=SC2034
_cli="${KUBEVIRTCI_PATH%/}/cli.sh" _kubectl="${KUBEVIRTCI_PATH%/}/kubectl.sh"

mkdir -p "$(ci_config)"
