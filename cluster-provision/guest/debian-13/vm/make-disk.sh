#!/bin/sh
# Makes the disk of a plain machine: make-disk.sh SIZE. Runs in a container of the runner image:
#   /build/root   root file system
#   /build/initrd what makes the initramfs
#   /build/init   its first process
#   /build/out    the result
set -eu
size=$1
root=/build/root

mkdir -p /build/out
mv "$root"/boot/vmlinuz-* /build/out/vmlinuz
rm -f "$root"/vmlinuz "$root"/vmlinuz.old
mkdir "$root/tmp/initrd"
cp /build/initrd/make.sh /build/init "$root/tmp/initrd/"
chroot "$root" /tmp/initrd/make.sh /tmp/initrd.img /tmp/initrd/init 'virtio_pci virtio_blk ext4'
mv "$root/tmp/initrd.img" /build/out/initrd.img
rm -r "$root/tmp/initrd"
# By which user-data of a start is checked, before anything of it is started.
cp "$root/usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json" /build/out/cloud-config.json

echo 'making the file system'
truncate -s "$size" /build/disk.raw
# The file is all zeros, so nobody needs to write zeros to the inode tables, neither now nor in every guest.
mkfs.ext4 -q -F -m 0 -E nodiscard,assume_storage_prezeroed=1 -d "$root" /build/disk.raw
echo 'compressing the disk'
qemu-img convert -W -m 8 -c -o compression_type=zstd -O qcow2 /build/disk.raw /build/out/disk.qcow2
rm /build/disk.raw
