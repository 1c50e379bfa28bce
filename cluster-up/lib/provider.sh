# shellcheck shell=bash
# `up` and `down` of a provider that is an image with virtual machines; sourced after common.sh.

# Where a script has changed its mind about the provider since, that names the cluster; a CI job has its own name, and a
# script may have given one.
_gocli_follow() {
  [[ -z "${JOB_NAME:-}${EXECUTOR_NUMBER:-}" && "$provider_prefix" == "${_gocli_prefix:-}" ]] || return 0
  provider_prefix="$KUBEVIRT_PROVIDER" _gocli_prefix="$KUBEVIRT_PROVIDER"
}

# As in kubevirtci it takes the variables as they are in this shell, exported or not.
up() {
  local name
  [[ -n "${JOB_NAME:-}${EXECUTOR_NUMBER:-}" || "${GOCLI_CLUSTER:-}" != "${_gocli_prefix:-}" ]] || local -x GOCLI_CLUSTER=
  _gocli_follow
  for name in "${!KUBEVIRT_@}" "${!KUBVIRT_@}"; do
    [[ "${_gocli_defaults:-}" != *" $name=${!name:-} "* ]] || continue
    # What is read-only cannot be another one's for a while.
    { local -x "$name=${!name:-}"; } 2>/dev/null || export "${name?}"
  done
  gocli run "$KUBEVIRT_PROVIDER" --from-environment --ci-config "$(gocli_ci_config)" "$@"
}

down() {
  _gocli_follow
  case "${1:-}" in
    # What says which clusters is no addition to the name.
    --all | [!-]*) gocli rm "$@" ;;
    *) gocli rm --name="$provider_prefix" "$@" ;;
  esac
}

# What scripts written for kubevirtci call once they have sourced this.

_main_ip() { echo 127.0.0.1; }

# _port NAME: the host port of the registry, k8s, ssh …
_port() {
  _gocli_follow
  gocli ports --name="$provider_prefix" "$@"
}
