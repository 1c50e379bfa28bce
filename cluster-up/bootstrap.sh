#!/usr/bin/env bash
# Makes a machine ready for gocli. Each step first looks whether it is needed and then says what it does and why; on a
# machine that is ready nothing happens: no network, no root, no Go.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/common.sh"

readonly PREFLIGHT=3 # exit code for "this machine lacks something", as in docs/errors.md
readonly DOCKERD_LOG=/var/log/gocli-dockerd.log
readonly DOCKERD_WAIT_SECONDS=60
readonly OS_RELEASE="${GOCLI_OS_RELEASE:-/etc/os-release}" # another one is for tests

usage() {
  cat <<'USAGE'
Usage: cluster-up/bootstrap.sh [--yes] GOAL...

Goals, in the order in which they are usually needed:
  cli        npm packages and the built command line; an installed package has both
  docker     a Docker daemon that answers
  provider   the image of $KUBEVIRT_PROVIDER, or a Docker daemon and, unless a registry is configured, what provisioning needs
  provision  what provisioning needs

--yes (or YES=1, or CI set) installs without asking; so does a run without a terminal.
USAGE
}

say() { printf '%s\n' "$*" >&2; }

# fail MESSAGE HINT
fail() {
  say "error: $1"
  say "  -> $2"
  exit "$PREFLIGHT"
}

has() { command -v "$1" >/dev/null 2>&1; }

# --- which system this is ---------------------------------------------------------------------------------------------

# os_field NAME: a field of os-release(5), or nothing.
os_field() {
  # shellcheck source=/dev/null
  ([[ ! -r "$OS_RELEASE" ]] || source "$OS_RELEASE" && printf '%s' "${!1:-}")
}

# How packages are installed and called here: debian, ubuntu, fedora; nothing for all else. What is only like Fedora is
# none of these: RHEL and its relatives, some of which say no more than that (Oracle Linux, Amazon Linux), have other
# packages, and no Docker of their own by these names.
family() {
  [[ "$(os_field ID)" != fedora ]] || { echo fedora; return; }
  case " $(os_field ID) $(os_field ID_LIKE) " in
    *" ubuntu "*) echo ubuntu ;;
    *" debian "*) echo debian ;;
  esac
}

# Debian's release, 12, 13 …; 0 on other systems.
debian_release() {
  local version
  [[ "$(os_field ID)" == debian ]] || { echo 0; return; }
  version="$(os_field VERSION_ID)"
  echo "${version:-13}"
}

# packages_here PACKAGE...: what packages of Debian are called here, a line each.
packages_here() {
  local name
  for name in "$@"; do
    [[ "$(family)" != fedora ]] || case "$name" in
      docker.io) name=moby-engine ;;
      iptables) name=iptables-nft ;;
      debian-archive-keyring) name=debian-keyring ;;
      libc6-dev) name=glibc-static ;;
    esac
    echo "$name"
  done
}

# --- asking and installing -------------------------------------------------------------------------------------------

agreed() {
  local answer
  [[ "$yes" == 1 || -n "${CI:-}" || ! -t 0 ]] && return 0
  read -r -p "$1 [Y/n] " answer
  [[ -z "$answer" || "$answer" == [Yy]* ]]
}

# install_packages WHY PACKAGE...
install_packages() {
  local why="$1" names install hint="its own words are above"
  shift
  mapfile -t names < <(packages_here "$@")
  case "$(family)" in
    debian | ubuntu) install=(apt-get install --no-install-recommends) ;;
    fedora) install=(dnf install --setopt=install_weak_deps=False) ;;
    *) unknown_system "$why" "$@" ;;
  esac
  say "packages to install: ${names[*]} ($why)"
  has "${install[0]}" || unknown_system "$why" "$@"
  [[ "$(id -u)" == 0 ]] || fail "installing packages needs root" "as root: ${install[*]} ${names[*]}"
  agreed "Install them now?" || fail "not installed: ${names[*]}" "${install[*]} ${names[*]}"
  if [[ "${install[0]}" == apt-get ]]; then
    beating "apt-get update" quietly apt-get -qq update || fail "apt-get update failed" "check the network and /etc/apt/sources.list"
    install=(apt-get -qq -o Dpkg::Use-Pty=0 "${install[@]:1}")
  fi
  [[ "$(family)" != ubuntu ]] || hint="they are in universe: add-apt-repository universe; $hint"
  beating "${install[0]} install" quietly "${install[@]}" -y "${names[@]}" || fail "not installed: ${names[*]}" "$hint"
}

# unknown_system WHY PACKAGE...
unknown_system() {
  local system why="$1" own=""
  shift
  system="$(os_field PRETTY_NAME)"
  [[ " $* " != *" docker.io "* ]] || own=" (Docker: https://docs.docker.com/engine/install)"
  fail "what is missing cannot be installed here, on ${system:-an unknown system} ($why)" \
    "install what these packages of Debian contain: $*$own"
}

# beating WHAT COMMAND...: says each half minute that it goes on, as gocli does; CI systems end what says nothing.
beating() {
  local what="$1" beat code=0
  shift
  # The shell that waits may be gone by then: what is in the background hears no Ctrl-C.
  while sleep 30 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do say " … $what"; done &
  beat=$!
  "$@" || code=$?
  { kill "$beat" && wait "$beat"; } 2>/dev/null || true
  return "$code"
}

# Runs a command and shows the end of its output only when it fails.
quietly() {
  local output
  if ! output="$(DEBIAN_FRONTEND=noninteractive "$@" 2>&1)"; then
    tail -n 20 <<<"$output" >&2
    return 1
  fi
}

# --- goal: cli -------------------------------------------------------------------------------------------------------

goal_cli() {
  require_node
  ! gocli_vendored || require_version
  ! gocli_installed || return 0
  if ! modules_fresh; then
    say "npm ci: node_modules does not match package-lock.json"
    # The compiler is among what npm leaves out where NODE_ENV says production.
    has npm || fail "npm is not on PATH" "install npm, which comes with Node 20"
    (cd "$GOCLI_ROOT" && beating "npm ci" npm ci --include=dev --no-audit --no-fund --loglevel=error >&2) ||
      fail "npm ci failed" "check the network and the registry: npm config get registry"
  fi
  if [[ -n "$(newer_sources)" ]]; then
    say "tsc: the sources are newer than the built command line"
    [[ ! -e "$GOCLI_ROOT/dist" || -w "$GOCLI_ROOT/dist" ]] ||
      fail "this user may not write $GOCLI_ROOT/dist" "as the owner of the checkout: make build"
    rm -f "$GOCLI_ROOT/dist/.built"
    (cd "$GOCLI_ROOT" && node node_modules/typescript/bin/tsc -p . >&2 && node gocli-ts/bundle.js >&2) ||
      { say "error: the command line cannot be built; the words of tsc or of gocli-ts/bundle.js are above"; exit 1; }
    touch "$GOCLI_ROOT/dist/.built"
  fi
}

# Scripts and command belong together; a repository says by which version it was tried.
require_version() {
  local version
  [[ "$(gocli_pinned_version)" != unfinished ]] ||
    fail "$GOCLI_ROOT/cluster-up is not complete: gocli vendor was interrupted" "repeat it: gocli vendor $GOCLI_ROOT"
  gocli_built || gocli_not_built || exit "$PREFLIGHT"
  version="$(gocli version -o name)"
  [[ "$version" == "$(gocli_pinned_version)" ]] ||
    fail "gocli $version is installed, $GOCLI_ROOT/cluster-up was written by $(gocli_pinned_version)" \
      "install that version, or write the scripts anew and look through the changes: gocli vendor $GOCLI_ROOT"
}

# The last good build came after such a check: packages and lock that are older need no second one, a tenth of a second.
modules_fresh() {
  local built="$GOCLI_ROOT/dist/.built" installed="$GOCLI_ROOT/node_modules/.package-lock.json"
  [[ -e "$installed" && "$built" -nt "$installed" && "$built" -nt "$GOCLI_ROOT/package-lock.json" ]] ||
    node "$GOCLI_ROOT/cluster-up/lib/modules-fresh.mjs" "$GOCLI_ROOT"
}

require_node() {
  has node || fail "node is not on PATH" "$(node_from)"
  # Asked for its version alone, node answers five times as fast as it runs a line.
  [[ "$(node --version)" =~ ^v([0-9]+)\.([0-9]+) ]] &&
    ((BASH_REMATCH[1] > 20 || (BASH_REMATCH[1] == 20 && BASH_REMATCH[2] >= 19))) ||
    fail "Node $(node --version) is too old" "$(node_from)"
}

# Where there is a Node that is new enough: Debian 12 has 18, Ubuntu 22.04 and 24.04 have 12 and 18.
node_from() {
  local packages="gocli needs Node 20.19 or newer; as root:"
  if [[ " $(os_field ID) $(os_field ID_LIKE) " == *" alpine "* ]]; then
    echo "gocli needs a Node for glibc, which $(os_field NAME) does not have: use Debian, Ubuntu or Fedora, or a container of one that has the Docker socket and the network of this host"
    return
  fi
  case "$(family)" in
    fedora) echo "$packages dnf install nodejs npm" ;;
    debian) [[ "$(debian_release)" -lt 13 ]] || { echo "$packages apt-get install nodejs npm"; return; } ;&
    *) echo "gocli needs Node 20.19 or newer: https://nodejs.org" ;;
  esac
}

# Names one source that is newer than the last good build. Folders count: their time tells of files that went away.
newer_sources() {
  local built="$GOCLI_ROOT/dist/.built"
  [[ -e "$built" && -s "$GOCLI_ROOT/dist/cli/main.js" ]] || { echo never-built; return; }
  cd "$GOCLI_ROOT"
  find gocli-ts/src gocli-ts/bundle.js test tsconfig.json package-lock.json \
    \( -type d -o -name '*.ts' -o -name '*.json' -o -name bundle.js \) -newer "$built" -print -quit
}

# --- goal: docker ----------------------------------------------------------------------------------------------------

# docker_has PATH: exit code as in lib/docker-get.mjs
docker_has() { node "$GOCLI_ROOT/cluster-up/lib/docker-get.mjs" "$1"; }

goal_docker() {
  local answer=0
  require_node
  docker_has /_ping || answer=$?
  case "$answer" in
    0 | 4) return ;; # a daemon elsewhere is refused by gocli itself, with its reasons
    3) fail "no permission to use the Docker socket" "as root: usermod --append --groups docker $(id -un); then log in again" ;;
    5) fail "no Docker daemon answers at the Docker context in use" "start it, or: docker context use default" ;;
  esac
  [[ -z "${DOCKER_HOST:-}" ]] || fail "no Docker daemon answers at $DOCKER_HOST" "start it, or unset DOCKER_HOST"
  PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
  install_docker
  [[ "$(id -u)" == 0 ]] || fail "no Docker daemon answers, and starting one needs root" "as root: $GOCLI_ROOT/cluster-up/bootstrap.sh docker"
  start_docker
}

# The client may be there without a daemon, so it is the daemon that counts.
install_docker() {
  local missing=()
  has dockerd || missing+=(docker.io)
  has iptables || missing+=(iptables)
  # gocli does without the client; its tests, publish.sh and most users do not.
  # Debian 12 and Ubuntu 24.04 have it in docker.io.
  has docker || [[ "$(debian_release)" -lt 13 && "$(family)" != fedora ]] || missing+=(docker-cli)
  [[ ${#missing[@]} == 0 ]] || install_packages "gocli runs virtual machines in Docker containers" "${missing[@]}"
}

start_docker() {
  docker_has /_ping && return # the installation may have started it
  if [[ -d /run/systemd/system ]]; then
    say "starting Docker: systemctl start docker"
    beating "systemctl start docker" systemctl start docker || fail "systemd could not start Docker" "journalctl --unit docker"
    await_docker "journalctl --unit docker"
  elif [[ "$(cat /proc/1/comm)" == init && -x /etc/init.d/docker ]]; then
    say "starting Docker: service docker start"
    beating "service docker start" service docker start >&2 || fail "the init script could not start Docker" "/var/log/docker.log"
    await_docker /var/log/docker.log
  else
    say "starting Docker: dockerd, log in $DOCKERD_LOG (no init system here would do it)"
    # It outlives this shell, and whoever called that may wait until nobody holds what it has open (a lock, a pipe).
    (
      for file in "/proc/$BASHPID/fd"/*; do
        file="${file##*/}"
        ((file <= 2)) || eval "exec $file>&-"
      done
      exec setsid nohup dockerd >>"$DOCKERD_LOG" 2>&1 </dev/null
    ) &
    await_docker "$DOCKERD_LOG"
  fi
}

# await_docker LOG
await_docker() {
  beating "starting Docker" docker_answers && return
  [[ ! -f "$1" ]] || tail -n 5 "$1" >&2
  fail "dockerd did not answer within $DOCKERD_WAIT_SECONDS s" "see $1"
}

docker_answers() {
  local deadline=$((SECONDS + DOCKERD_WAIT_SECONDS))
  until docker_has /_ping; do
    ((SECONDS < deadline)) || return
    sleep 0.2
  done
}

# --- goals: provider, provision --------------------------------------------------------------------------------------

goal_provider() {
  local image="/images/gocli/$KUBEVIRT_PROVIDER:latest/json" answer=0
  require_node
  docker_has "$image" && return # so there is a daemon, too
  goal_docker
  ! gocli_vendored || return 0 # the image is there, or comes from a registry; else gocli says what to do
  # In these cases gocli does not provision: it takes the image from the registry, or refuses.
  [[ -z "${KUBEVIRTCI_CONTAINER_REGISTRY:-}" && "${KUBEVIRTCI_TAG:-latest}" == latest ]] || return 0
  [[ -n "$(gocli_provider_folder)" ]] || return 0
  published && return # gocli pulls it
  docker_has "$image" || answer=$?
  # Any other answer says nothing of the image: no daemon of this machine gave it.
  [[ "$answer" != 1 ]] || goal_provision
}

# Whether this checkout says by which digest the provider is pulled.
published() {
  local lock="$GOCLI_ROOT/cluster-up/cluster/providers.lock"
  [[ -f "$lock" ]] && awk -v provider="$KUBEVIRT_PROVIDER" '$1 == provider { found = 1 } END { exit !found }' "$lock"
}

DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Any of the keys that sign Debian 13's archive is enough for apt: the automatic ones of 12 and 13, and 13's release key.
# Each key in a keyring says its id, which has eight bytes, in its signature of itself (RFC 9580, 5.2.3.12).
require_keyring() {
  LC_ALL=C grep -qaF -e $'\x6e\xd0\xe7\xb8\x26\x43\xe1\x31' -e $'\x78\xdb\xa3\xbc\x47\xef\x22\x65' \
    -e $'\x76\x2f\x67\xa0\xb2\xc3\x9d\xe4' -- "$1" && return
  fail "$1 has none of the keys that sign Debian 13, of which nodes are made" \
    "The package debian-archive-keyring of this system is too old. Install Debian's, 2023.3 or newer (https://deb.debian.org/debian/pool/main/d/debian-archive-keyring), or get a finished image: gocli provider load FILE."
}

goal_provision() {
  local missing=()
  has mmdebstrap || missing+=(mmdebstrap)
  [[ -f "$DEBIAN_KEYRING" ]] || missing+=(debian-archive-keyring)
  has gcc || missing+=(gcc)
  # Archives of providers, which `gocli provider save` writes.
  has zstd || missing+=(zstd)
  [[ -f "$(has gcc && gcc -print-file-name=libc.a)" ]] || missing+=(libc6-dev)
  [[ ${#missing[@]} == 0 ]] || install_packages "provisioning builds a node image from Debian packages and Go sources" "${missing[@]}"
  require_keyring "$DEBIAN_KEYRING"
  [[ "$(id -u)" == 0 ]] || fail "provisioning needs root, because mmdebstrap makes device nodes and foreign owners" \
    "as root: $GOCLI_ROOT/cluster-up/cli.sh provision cluster-provision/${KUBEVIRT_PROVIDER/-//}"
  require_go
}

require_go() {
  has go || fail "go is not on PATH" "provisioning compiles Kubernetes; install Go 1.26 or newer: https://go.dev/dl"
  [[ "$(go env GOVERSION)" =~ ^go1\.([0-9]+) && "${BASH_REMATCH[1]}" -ge 26 ]] ||
    fail "$(go env GOVERSION) is too old" "provisioning compiles Kubernetes; install Go 1.26 or newer: https://go.dev/dl"
}

# ---------------------------------------------------------------------------------------------------------------------

main() {
  local goal goals=()
  yes="${YES:-0}"
  for goal in "$@"; do
    case "$goal" in
      --yes | -y) yes=1 ;;
      --help | -h) usage; exit 0 ;;
      cli | docker | provider | provision) goals+=("$goal") ;;
      *) say "error: unknown goal \"$goal\""; usage >&2; exit 2 ;;
    esac
  done
  [[ ${#goals[@]} -gt 0 ]] || { usage >&2; exit 2; }
  for goal in "${goals[@]}"; do "goal_$goal"; done
}

# Sourced, it only tells what it knows.
[[ "${BASH_SOURCE[0]}" != "$0" ]] || main "$@"
