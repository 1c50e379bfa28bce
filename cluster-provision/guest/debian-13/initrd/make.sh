#!/bin/sh
# Makes a small initramfs from the root file system it runs in: make.sh OUT INIT "MODULE..." ["PROGRAM..."]
# Busybox, the modules with what they depend on, the programs with their libraries, and INIT as /init. A seventh of
# what initramfs-tools makes, and as much quicker where the processor is emulated.
set -eu
out=$1
init=$2
modules=$3
programs=${4:-}
kernel=$(basename /usr/lib/modules/*)
tree=$(mktemp -d)

cd "$tree"
mkdir -p bin dev etc lib/x86_64-linux-gnu modules proc root run sys tmp usr var
ln -s bin sbin
ln -s lib lib64
for name in bin lib lib64 sbin; do ln -s "../$name" "usr/$name"; done
cp "$init" init
chmod 0755 init
cp /usr/bin/busybox bin/
for name in $(busybox --list); do
  [ "$name" = busybox ] || ln -s busybox "bin/$name"
done

# Unpacked, in the order of loading: then insmod is all that init needs.
lines=$(for module in $modules; do modprobe --set-version "$kernel" --show-depends "$module"; done)
for file in $(echo "$lines" | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'); do
  name=$(basename "$file" .xz)
  case $file in
    *.xz) busybox xzcat "$file" >"modules/$name" ;;
    *) cp "$file" "modules/$name" ;;
  esac
  echo "$name" >>modules/order
done

for program in $programs; do
  # There may be a link to busybox of that name, and cp would write through it.
  rm -f "bin/$(basename "$program")"
  cp "$program" bin/
  # Lines of ldd: "name => path (address)" for libraries, "path (address)" for the loader.
  for library in $(ldd "$program" | grep -o '/[^ ]*'); do
    cp -L "$library" ".$library"
  done
done

# Equal input gives an equal image: sorted, without times and numbers of inodes.
find . -exec touch --no-dereference --date=@0 '{}' +
find . | LC_ALL=C sort | cpio --quiet --create --format=newc --reproducible --owner=0:0 | zstd -q -19 -f -o "$out"
cd /
rm -r "$tree"
