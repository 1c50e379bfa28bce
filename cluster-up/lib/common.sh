# shellcheck shell=bash
# What all scripts of cluster-up share; sourced, never run.

# bash knows it without a process; gocli itself says it of a Node for musl.
# What a login shell exported by these names counts for bash, in that shell's words.
if [[ "$OSTYPE" != linux* || "$OSTYPE" == *musl* || "$HOSTTYPE" != x86_64* ]]; then
  printf 'gocli runs on Linux with glibc on x86-64, and this is %s on %s; log in to such a machine or virtual machine with Docker, or on Windows use WSL 2\n' "$OSTYPE" "$HOSTTYPE" >&2
  return 3
fi

# With a CDPATH, `cd` to a relative path may go elsewhere, and prints where; so every script goes there without. The `..`
# is that of the folder itself, whatever link led to it.
GOCLI_ROOT="$(CDPATH='' cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)"

# True in a repository that `gocli vendor` wrote these scripts into: they run the gocli on PATH.
gocli_vendored() { [[ -f "$GOCLI_ROOT/cluster-up/gocli-version" ]]; }

# True where there is nothing to build: there, and in a package that npm has installed; false in a checkout.
gocli_installed() { gocli_vendored || [[ ! -e "$GOCLI_ROOT/tsconfig.json" ]]; }

# An installed package may belong to root, and npm empties its folder at each update.
gocli_config_home="$GOCLI_ROOT"
# Without HOME, ~ is the folder in the user database, as for gocli.
if gocli_installed && ! gocli_vendored; then
  gocli_config_home="${XDG_STATE_HOME:-${HOME:-$(unset HOME && echo ~)}/.local/state}/gocli"
fi

# A provider that is asked for names the cluster: where it is not there, no other one is meant. What a script around this
# one was given by default nobody asked for.
unset GOCLI_CLUSTER
if [[ "${KUBEVIRT_PROVIDER:-}" == "${GOCLI_PROVIDER_BY_DEFAULT:-}" ]]; then
  KUBEVIRT_PROVIDER="${KUBEVIRT_PROVIDER:-k8s-1.36}"
  export GOCLI_PROVIDER_BY_DEFAULT="$KUBEVIRT_PROVIDER"
elif [[ -n "${KUBEVIRT_PROVIDER:-}" ]]; then
  export GOCLI_CLUSTER="$KUBEVIRT_PROVIDER"
else
  KUBEVIRT_PROVIDER="$GOCLI_PROVIDER_BY_DEFAULT"
fi
KUBEVIRTCI_CONFIG_PATH="${KUBEVIRTCI_CONFIG_PATH:-$gocli_config_home/_ci-configs}"
export KUBEVIRT_PROVIDER KUBEVIRTCI_CONFIG_PATH

# As in kubevirtci, job and executor of a CI system name the cluster, so that jobs on one machine have clusters of their own.
# Their names may be long, or have capitals and slashes; of what is cut off or cannot be in a name a checksum stays.
gocli_job_name() {
  local LC_ALL=C name="$1" sum
  name="${name,,}"
  name="${name//\//-}"
  if [[ "$name" == *[^a-z0-9.-]* ]]; then
    sum="$(cksum <<<"$1")"
    name="${name:0:29}-${sum%% *}"
  fi
  name="${name//[^a-z0-9.-]/-}"
  while [[ "$name" == *..* ]]; do name="${name//../.}"; done
  if ((${#name} > 40)); then
    sum="$(cksum <<<"$1")"
    name="${name:0:29}-${sum%% *}"
  fi
  while [[ "$name" == [.-]* ]]; do name="${name:1}"; done
  while [[ "$name" == *[.-] ]]; do name="${name%?}"; done
  printf '%s\n' "${name:-job}"
}

# True when the copies that were made by the last start of this provider are of this cluster.
gocli_copies_are_ours() {
  local file
  file="$(gocli_ci_config)/.kubeconfig"
  [[ -f "$file" && "$(sed -n 's/^current-context: *//p' "$file" | tr -d "\"'")" == "$provider_prefix" ]]
}

# Name of the cluster, which is what kubevirtci calls prefix. `gocli run` reads the variable under --from-environment, and
# every other verb without a name chooses that cluster among several.
provider_prefix="$KUBEVIRT_PROVIDER"
if [[ -n "${JOB_NAME:-}${EXECUTOR_NUMBER:-}" ]]; then
  provider_prefix="$(gocli_job_name "${JOB_NAME:-$KUBEVIRT_PROVIDER}${EXECUTOR_NUMBER:-}")"
  export GOCLI_CLUSTER="$provider_prefix"
fi
_gocli_prefix="$provider_prefix"

# What gocli tells its user to type for itself: cli.sh when it is not on PATH, from where the user stands if that is below.
gocli_command() {
  local here flags="${MAKEFLAGS:-}" path="$GOCLI_ROOT/cluster-up/cli.sh"
  here="$(pwd -P 2>/dev/null)" || here=/
  # Under make -C the user stands elsewhere, which nobody here knows.
  [[ "${flags%% *}" == *w* ]] || path="${path#"$here"/}"
  [[ "$path" == */* ]] || path="./$path"
  printf %q "$path"
}
if [[ -z "${GOCLI_COMMAND:-}" ]] && ! gocli_vendored && [[ ! "$(type -P gocli)" -ef "$GOCLI_ROOT/gocli-ts/bin/gocli.js" ]]; then
  GOCLI_COMMAND="$(gocli_command)"
  export GOCLI_COMMAND
fi

gocli_built() {
  if gocli_vendored; then type -P gocli >/dev/null; else [[ -s "$GOCLI_ROOT/dist/cli/main.js" ]]; fi
}

# Says what to do where gocli is not there yet; the exit code is that of a machine that lacks something.
gocli_not_built() {
  if gocli_vendored; then
    printf 'gocli is not on PATH; install version %s of its package: npm install --global\n' "$(gocli_pinned_version)" >&2
  else
    printf 'gocli is not built yet; type: make build\n' >&2
  fi
  return 3
}

gocli_pinned_version() { cat "$GOCLI_ROOT/cluster-up/gocli-version"; }

# Runs gocli from this checkout or package, or the installed one; the exit code is gocli's.
gocli() {
  gocli_built || gocli_not_built || return
  if gocli_vendored; then command gocli "$@"; else node "$GOCLI_ROOT/gocli-ts/bin/gocli.js" "$@"; fi
}

# Folder with .kubeconfig and .kubectl of the provider, where scripts written for kubevirtci look for them.
gocli_ci_config() {
  printf '%s/%s\n' "$KUBEVIRTCI_CONFIG_PATH" "$KUBEVIRT_PROVIDER"
}

# The provider's folder below cluster-up/cluster, or nothing for an unknown one, which is gocli's to refuse: it knows the
# nearest name.
gocli_provider_folder() {
  local folder="$GOCLI_ROOT/cluster-up/cluster/$KUBEVIRT_PROVIDER"
  if [[ "$KUBEVIRT_PROVIDER" != */* && -f "$folder/provider.sh" ]]; then
    printf '%s\n' "$folder"
  fi
}

# Reads the provider's `up` and `down`.
gocli_source_provider() {
  local folder
  folder="$(gocli_provider_folder)"
  # shellcheck source=/dev/null
  source "${folder:-$GOCLI_ROOT/cluster-up/lib}/provider.sh"
}
