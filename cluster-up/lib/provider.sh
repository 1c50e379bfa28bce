# shellcheck shell=bash
# `up` and `down` of a provider that is an image with virtual machines; sourced after common.sh.

up() { gocli run "$KUBEVIRT_PROVIDER" --from-environment --ci-config "$(ci_config)" "$@"; }

down() {
  case "${1:-}" in
    # What says which clusters is no addition to the name.
    --all | [!-]*) gocli rm "$@" ;;
    *) gocli rm --name="$KUBEVIRT_PROVIDER" "$@" ;;
  esac
}
