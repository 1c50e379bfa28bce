/**
 * Scripts for a POSIX shell with GNU find and tar. Names are never read by us: they go from find to tar to tar, so that
 * they may hold any byte. Messages of programs are read, so they must be English.
 */
export const ENGLISH = 'LC_ALL=C.UTF-8; export LC_ALL';

/** What is at $1, in a word of {@link Kind}. */
export const KIND = `${ENGLISH}
if [ -d "$1" ]; then echo folder
elif [ -f "$1" ]; then echo file
elif [ -e "$1" ]; then echo special
elif [ -d "\${1%/*}/" ]; then echo absent
else echo nowhere
fi
stat -L -- "$1" >/dev/null`;

/**
 * A file, a folder, something else (device, pipe, socket), nothing in a folder that exists, or not even that. A path
 * that leads nowhere, or through what may not be searched, is told on stderr.
 */
export const KINDS = ['folder', 'file', 'special', 'absent', 'nowhere'] as const;
export type Kind = (typeof KINDS)[number];

/** Exit code with which {@link PRINT} says that there is no such file; cat does not use it. */
export const ABSENT = 66;

/** The bytes of the file $1. Read to their end: files in /proc have a size of 0. */
export const PRINT = `test -f "$1" || exit ${ABSENT}
exec cat <"$1"`;

/**
 * What the pattern $1 fits, each ended by NUL; itself when that is there, or when it fits nothing. Without IFS a shell
 * splits nothing, so that what it does with the word is to look for files. A folder and the one above it are not meant
 * by `.*`, which dash has fit them.
 */
export const EXPAND = `${ENGLISH}
word=$1
if [ ! -e "$1" ] && [ ! -L "$1" ]; then IFS=; set -- $1; fi
any=
for one do
  case $one in . | .. | */. | */..) [ "$one" = "$word" ] || continue ;; esac
  printf '%s\\0' "$one"
  any=yes
done
[ -n "$any" ] || printf '%s\\0' "$word"`;

/** The home folder of the user $1, whose name is one; nothing that begins with a slash if there is none. */
export const HOME_OF = 'eval "printf %s ~$1"';

/** Exit code of the packing scripts when something was left out; stderr has what, one line each. */
export const INCOMPLETE = 65;

/** File systems whose files are answers of the kernel: without a size, without an end, or 128 TiB long. */
export const OF_THE_KERNEL = [
  'proc',
  'sysfs',
  'cgroup',
  'cgroup2',
  'bpf',
  'tracefs',
  'debugfs',
  'securityfs',
  'pstore',
]
  .map((type) => `-fstype ${type}`)
  .join(' -o ');

/** find itself writes to the stream when it is told "/dev/stderr"; the device could not be opened, it is a socket. */
const SAY = '-fprintf /dev/stderr';

/** Names are what they are, backslashes, too. -S: a hole costs nothing on the way. A file that changes while it is read is as it was at some moment, as with scp. */
const TAR = 'tar --no-unquote -c -S --format=gnu --warning=no-file-changed --warning=no-file-removed -f -';

/**
 * A folder of our own, $folder, that goes with the script, also when it is ended. Its name is given and unused, so that
 * there is no moment in which it exists and the trap does not know it. A signal goes to the whole group, so that rm,
 * too, must be spared.
 */
const SCRATCH = `clean() { trap '' HUP INT TERM PIPE; [ ! -e "$folder" ] || rm -rf -- "$folder"; }
trap clean EXIT
trap 'clean; exit 129' HUP INT TERM PIPE`;

/** Runs a packing function whose archive goes to stdout and whose complaints are kept for the end. */
const PACKING = `exec 3>&1
problems=$({ pack >&3; } 2>&1)
code=$?
if [ -n "$problems" ]; then printf '%s\\n' "$problems" >&2; exit ${INCOMPLETE}; fi
# 1: "some files differ", the ones that changed.
[ "$code" -le 1 ] || exit "$code"`;

/**
 * An archive of what is in the folder $1, by names that begin with "./"; unless $2 is empty, without those that stdin
 * has, each ended by NUL: of the names together, they are the ones that come twice.
 */
export const PACK_FOLDER = `${ENGLISH}
cd -- "$1" || exit
if [ -z "$2" ]; then wanted() { cat; }
else
  exec 4<&0
  wanted() { { cat; cat <&4; } | LC_ALL=C sort -z | LC_ALL=C uniq -zu; }
fi
pack() {
  find . -type d \\( ${OF_THE_KERNEL} \\) -prune ${SAY} '%p: files of the kernel (%F), ask for one by its name\\n' \\
    -o ! -type f ! -type d ! -type l ${SAY} '%p: not a regular file\\n' -o -print0 |
    wanted | ${TAR} --no-recursion --null -T -
}
${PACKING}`;

/**
 * An archive of the file $2 in the folder $1; a link is followed. What occupies no disk may be an answer of the kernel
 * with a wrong size, so it is read to its end first, into a folder with the unused name $3, wherever one can be made.
 * A file that is empty and brings nothing is what it says.
 */
export const PACK_FILE = `${ENGLISH}
source=$1 name=$2
sizes=$(stat -L -c '%b %s' -- "$source/$name" 2>/dev/null)
if [ "$sizes" = '0 0' ] && [ "$(head -c 1 -- "$source/$name" 2>/dev/null | wc -c)" -eq 0 ]; then sizes=; fi
for place in "\${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm; do
  [ ! -d "$place" ] || [ ! -w "$place" ] || break
done
folder=$place/$3
${SCRATCH}
pack() {
  case $sizes in '0 '*)
    mkdir -m 700 -- "$folder" || return 2
    cp --sparse=always --preserve=mode,timestamps -- "$source/$name" "$folder/$name" || return 2
    source=$folder ;;
  esac
  ${TAR} -h -C "$source" -- "./$name"
}
${PACKING}`;

/**
 * Files belong to whom unpacks them: numbers of users mean nothing on another machine. tar reads a socket only as far as
 * the archive goes; what is behind it, mere padding, is read by cat, or the other end would wait for ever.
 */
const UNTAR = 'tar --no-unquote -x -p --no-same-owner -f -';

/**
 * Unpacks into the folder $1. The links that an archive brings lead out of it only when tar has read all of it: it makes
 * such links last, so that nothing is written through them. A folder that was there keeps its mode: copying into /tmp
 * must not change /tmp.
 */
export const UNPACK_FOLDER = `${ENGLISH}
keep=--no-overwrite-dir
[ -d "$1" ] || { mkdir -- "$1" && keep=; } || exit
${UNTAR} $keep -C "$1" && exec cat >/dev/null`;

/** Not everyone who may write a file may change its mode and time, and not every file has them. */
const LIKE = (mode: string, time: string): string =>
  `[ "$(stat -L -c %a -- "$target")" -eq "${mode}" ] 2>/dev/null || chmod -- "${mode}" "$target" 2>/dev/null
touch -c -d "${time}" -- "$target" 2>/dev/null`;

/** Writes what tar pipes into the file $target, opened only once it is known that there is something to write. */
const INTO = `dd of="$target" bs=1M iflag=fullblock conv=nocreat,sparse status=none || exit
${LIKE('${TAR_MODE#0}', '@$TAR_MTIME')}
exit 0`;

/**
 * How the file $target comes to be: it is new; it is replaced, which is whole or not at all; or it is written to, as scp
 * does, where it is not this user's, has other names, is the kernel's, or where nothing can be made beside it. What this
 * user may not write is replaced if it is his, as a program is that runs.
 */
const HOW = `how=new
if [ -f "$target" ]; then
  how=write
  problem=$( (: >>"$target") 2>&1 )
  case $problem in
    '')
      if [ -O "$target" ] && [ -w "\${target%/*}/" ] && [ "$(stat -c %h -- "$target")" -eq 1 ] &&
        [ -z "$(find "$target" -maxdepth 0 \\( ${OF_THE_KERNEL} \\) 2>/dev/null)" ]; then how=replace; fi ;;
    *'Text file busy'*) how=replace ;;
    *) [ -O "$target" ] || { printf '%s\\n' "$problem" >&2; exit 1; }; how=replace ;;
  esac
fi`;

/**
 * Unpacks the one file $2 as $1, by way of a folder beside it with the unused name $3 unless it has to be written to.
 * What is mounted cannot be replaced, and is written from the whole copy. What is no regular file, such as /dev/null, is
 * written to as well.
 */
export const UNPACK_FILE = `${ENGLISH}
if [ -e "$1" ] && [ ! -f "$1" ]; then tar -x -O -f - >"$1" && exec cat >/dev/null; exit; fi
target=$1 name=$2
if [ -L "$1" ]; then target=$(readlink -f -- "$1") || exit; fi
${HOW}
folder=\${target%/*}/$3
${SCRATCH}
if [ $how != write ]; then
  problem=$(mkdir -m 700 -- "$folder" 2>&1) || case "$how $problem" in
    replace*'Operation not permitted' | replace*'Read-only file system' | replace*'Permission denied') how=write ;;
    *) printf '%s\\n' "$problem" >&2; exit 1 ;;
  esac
fi
if [ $how = write ]; then
  export target
  tar -x -f - --to-command='${INTO}' && exec cat >/dev/null
  exit
fi
${UNTAR} -C "$folder" && cat >/dev/null || exit
new=$folder/$name
problem=$(mv -fT -- "$new" "$target" 2>&1) && exit
case $problem in
  *'Device or resource busy'*) [ ! -L "$new" ] && dd if="$new" of="$target" bs=1M conv=nocreat,sparse status=none || exit ;;
  *) printf '%s\\n' "$problem" >&2; exit 1 ;;
esac
${LIKE('$(stat -c %a -- "$new")', '$(stat -c @%Y -- "$new")')}
exit 0`;
