#!/bin/sh
# Makes the initramfs and the disk of the disk guest: make.sh MODULES PROGRAMS. Runs in a container of the runner:
#   /build/root  the node's root file system, with the maker of initramfs (initrd.sh) and init in its /tmp
#   /image       where the result goes
set -eu
mkdir -p /image
chroot /build/root /bin/sh /tmp/initrd.sh /tmp/initrd.img /tmp/init "$1" "$2"
cp /build/root/tmp/initrd.img /image/initrd.img
truncate -s 64M /build/disk.raw
mkfs.ext4 -q -F -m 0 -E nodiscard,assume_storage_prezeroed=1 /build/disk.raw
qemu-img convert -c -O qcow2 /build/disk.raw /image/disk.qcow2
