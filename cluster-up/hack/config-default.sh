# shellcheck shell=bash
# What hack/config.sh says as long as the cluster of $KUBEVIRT_PROVIDER was not started.

# shellcheck disable=SC2034 # by the scripts that source this
master_ip=127.0.0.1 docker_prefix="${DOCKER_PREFIX:-kubevirt}" manifest_docker_prefix="${DOCKER_PREFIX:-registry:5000/kubevirt}"
