/** What the machines know of, written last: the proxy's digest in the first line. */
export const KNOWN = '/var/lib/gocli/told';
export const SSHD = '/etc/ssh/sshd_config.d/20-gocli-proxy.conf';
/** What a file is to be, before it takes its place. */
const NEW = '/var/lib/gocli/told.new';

/**
 * Functions of the script, which start no program but for what has changed: each takes 30 ms where the processor is
 * emulated. Between the marks there may be lines of others, more so where the end is lost: only what can be ours is
 * dropped, and what is left of a section of ours gets its head again.
 */
const FILES = `set -eu
umask 022
failed=
nl='
'
take() {
  case $held in
    '' | '['*) ;;
    *) rest="$rest$head" ;;
  esac
  rest="$rest$held"
  held=
}
# What the file holds, and that without our block; the pattern is of lines that are ours.
content() {
  got=
  rest=
  held=
  inside=
  begin='# gocli: begin'
  [ -e "$1" ] || { begin='# gocli: begin (and of the file)' && return 0; }
  while IFS= read -r line || [ -n "$line" ]; do
    got="$got$line$nl"
    case $line in
      '# gocli: begin' | '# gocli: begin (and of the file)')
        take
        inside=1
        begin=$line
        ;;
      '# gocli: end')
        take
        inside=
        ;;
      *)
        if [ -z "$inside" ]; then
          rest="$rest$line$nl"
        else
          case $line in
            $2) ;;
            *) held="$held$line$nl" ;;
          esac
        fi
        ;;
    esac
  done <"$1"
  take
}
# Whoever reads it meanwhile, as sshd may, has the old or the new one. Mode, owner and links stay.
write() {
  target=$1
  [ ! -L "$1" ] || target=$(readlink -f "$1") || { echo "$1 leads nowhere" >&2; exit 1; }
  [ ! -e "$target" ] || cp -p "$target" ${NEW}
  printf '%s' "$2" >${NEW}
  mv -f ${NEW} "$target"
}
put() {
  head=
  content "$1" ''
  [ "$got" = "$2" ] || write "$1" "$2"
}
block() {
  head=$4
  content "$1" "$3"
  [ -z "$2" ] || rest="$rest$begin$nl$2# gocli: end$nl"
  [ "$got" != "$rest" ] || return 0
  if [ -n "$rest" ] || [ "$begin" = '# gocli: begin' ] || [ -L "$1" ]; then
    write "$1" "$rest"
  else
    rm -f "$1"
  fi
}
`;

/**
 * sshd reads its files anew, unless they are wrong: that would end it. Its file of the process is written again once it
 * listens; other scripts read that, so it is never emptied, but made older than any file.
 */
const RELOAD_SSHD = `warn_of_setenv() {
  for one in /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf; do
    if [ -e "$one" ] && [ "$one" != ${SSHD} ]; then
      while read -r word _ || [ -n "$word" ]; do
        case $word in
          [Ss][Ee][Tt][Ee][Nn][Vv]*) echo "$one has SetEnv, too, and sshd heeds the first one alone: sessions have either the proxy or that" ;;
        esac
      done <"$one"
    fi
  done
}
reload_sshd() {
  # One that does not run reads them when it starts.
  [ -s /run/sshd.pid ] || return 0
  read -r sshd </run/sshd.pid || :
  /usr/sbin/sshd -t || {
    rm -f ${SSHD}
    echo 'sshd refuses its configuration (sshd -t), and was not told of anything' >&2
    failed=1
    return 0
  }
  touch -d @0 /run/sshd.pid
  touch -d @1 ${KNOWN}
  kill -HUP "$sshd" || return 0
  left=600
  until [ -s /run/sshd.pid ] && [ /run/sshd.pid -nt ${KNOWN} ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo 'sshd does not listen again' >&2; exit 1; }
    sleep 0.05
  done
}
`;

/** Docker reads its environment when it starts, and containers end with it, as do those that an image is built in. */
const RELOAD_DOCKER = `reload_docker() {
  [ -e /usr/lib/systemd/system/docker.service ] || return 0
  systemctl daemon-reload
  for one in /proc/[0-9]*/comm; do
    name=
    read -r name 2>/dev/null <"$one" || :
    case $name in
      runc* | crun | containerd-shim* | docker | docker-* | buildctl)
        echo "containers of Docker run ($name), and it learns of the proxy when it is started anew: systemctl restart docker"
        return 0
        ;;
    esac
  done
  systemctl try-restart docker.service
}
`;

/** The functions, and what was left behind by a script that was cut off. */
export const FUNCTIONS = `${FILES}${RELOAD_SSHD}${RELOAD_DOCKER}[ ! -e ${NEW} ] || rm -f ${NEW}
`;
