# shellcheck shell=bash
# `up` and `down` of a provider that is an image with virtual machines; sourced after common.sh.

up() { gocli run "$KUBEVIRT_PROVIDER" --from-environment --ci-config "$(ci_config)" "$@"; }

down() { gocli rm --name="$KUBEVIRT_PROVIDER" "$@"; }
