# shellcheck shell=bash
# Kubernetes 1.37 on virtual machines; sourced by up.sh and down.sh. What is special to this provider goes here.

# shellcheck source-path=SCRIPTDIR source=../../lib/provider.sh
source "$GOCLI_ROOT/cluster-up/lib/provider.sh"
