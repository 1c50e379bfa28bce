# shellcheck shell=bash
# `up` and `down` of a provider that is an image with virtual machines; sourced after common.sh.

# As in kubevirtci it takes the variables as they are in this shell, exported or not.
up() {
  local name
  # Of a script that changed its mind the provider counts; a CI job has its own name.
  [[ -n "${JOB_NAME:-}${EXECUTOR_NUMBER:-}" ]] || local -x GOCLI_CLUSTER=
  for name in "${!KUBEVIRT_@}" "${!KUBVIRT_@}"; do
    [[ "${_gocli_defaults:-}" != *" $name=${!name:-} "* ]] || continue
    # What is read-only cannot be another one's for a while.
    { local -x "$name=${!name:-}"; } 2>/dev/null || export "${name?}"
  done
  gocli run "$KUBEVIRT_PROVIDER" --from-environment --ci-config "$(gocli_ci_config)" "$@"
}

down() {
  case "${1:-}" in
    # What says which clusters is no addition to the name.
    --all | [!-]*) gocli rm "$@" ;;
    *) gocli rm --name="$provider_prefix" "$@" ;;
  esac
}

# What scripts written for kubevirtci call once they have sourced this.

_main_ip() { echo 127.0.0.1; }

# _port NAME: the host port of the registry, k8s, ssh …
_port() { gocli ports --name="$provider_prefix" "$@"; }
