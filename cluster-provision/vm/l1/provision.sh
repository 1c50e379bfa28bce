#!/bin/sh
# The user may start containers without sudo.
set -eu
adduser --quiet "$GOCLI_USER" docker
