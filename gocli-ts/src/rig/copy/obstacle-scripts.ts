import { ENGLISH, OF_THE_KERNEL } from './scripts.ts';

/** All folders and files in the folder $1, each ended by NUL: `d./sub`, `f./sub/file`. What cannot be read is not told. */
export const LIST = `${ENGLISH}
cd -- "$1" || exit 0
find . -type d \\( ${OF_THE_KERNEL} \\) -prune -o \\( -type d -o -type f \\) -printf '%y%p\\0' 2>/dev/null
exit 0`;

/** What {@link OBSTACLES} asks of each name; one that find would not have listed may be a trap. */
const LOOK = `for one do
  case $one/ in */../*) continue ;; [df]./*) ;; *) continue ;; esac
  name=\${one#?}
  case $one in
    d*)
      if [ -d "$name" ]; then printf "%s\\0" "$one" >&3
      elif [ -L "$name" ] || [ -e "$name" ]; then printf "n%s\\0" "$name" >&3
      fi
      continue ;;
  esac
  direct=
  if [ -L "$name" ] || [ -f "$name" ]; then
    [ ! -L "$name" ] && [ -w "\${name%/*}" ] && { [ -w "$name" ] || [ -O "$name" ]; } || direct=yes
    for point in $points; do [ ! "$name" -ef "$point" ] || direct=yes; done
    if [ -n "$direct" ]; then printf "%s\\0" "$one" >&3; else printf "%s\\0" "$name"; fi
  fi
done`;

/**
 * Of the names that stdin has from {@link LIST}, those that are taken in the folder $1 by what must not be replaced: of
 * folders, `d./sub` for a folder or a link to one, `n./sub` for what is none; of files, `f./file` for a link, a
 * mount, a file of the kernel, what lies in a folder that may not be written, and what somebody else keeps from being. The others are replaced, each of several
 * hard links for itself: they may be many.
 */
export const OBSTACLES = `${ENGLISH}
if [ ! -d "$1" ]; then
  if [ -L "$1" ] || [ -e "$1" ]; then printf 'n.\\0'; fi
  exec cat >/dev/null
fi
cd -- "$1" || exit
here=$(pwd -P) points=
while read -r _ _ _ _ point _; do
  case $point in
    *\\\\*) ;;
    "\${here%/}"/*) [ ! -f "$point" ] || points="$points $point" ;;
  esac
done </proc/self/mountinfo
export points
exec 3>&1
xargs -0 -r sh -c '${LOOK}' gocli |
  xargs -0 -r sh -c 'exec find "$@" -maxdepth 0 \\( ${OF_THE_KERNEL} \\) -printf "f%p\\0"' gocli`;
