#!/bin/sh
# Makes the disk of a node: make-disk.sh SIZE. Runs in a container of the runner image with /build on a volume, since
# overlayfs cannot stand on overlayfs:
#   /build/root   root file system with every program in it
#   /build/images image archives for containerd's store
#   /build/initrd what makes the initramfs
#   /build/out    the result
set -eu
size=$1
root=/build/root
store=$root/var/lib/containerd
socket=/run/containerd.sock

mkdir -p /build/out "$store"
cat >/run/containerd.toml <<CONFIG
version = 3
root = '$store'
state = '/run/containerd'
disabled_plugins = ['io.containerd.grpc.v1.cri', 'io.containerd.cri.v1.images', 'io.containerd.cri.v1.runtime', 'io.containerd.podsandbox.controller.v1.podsandbox', 'io.containerd.nri.v1.nri', 'io.containerd.tracing.processor.v1.otlp', 'io.containerd.internal.v1.tracing']
[grpc]
  address = '$socket'
CONFIG

ctr() {
  "$root/usr/local/bin/ctr" -a "$socket" -n k8s.io "$@"
}

"$root/usr/local/bin/containerd" -c /run/containerd.toml -l error &
containerd=$!
left=300
until ctr version >/dev/null 2>&1; do
  left=$((left - 1))
  if [ "$left" -eq 0 ] || ! kill -0 "$containerd" 2>/dev/null; then
    echo 'containerd does not start' >&2
    exit 1
  fi
  sleep 0.1
done

for archive in /build/images/*.tar; do
  [ -e "$archive" ] || continue
  echo "importing ${archive##*/}"
  # Unpacked here, not at first boot; the packed layers are not needed any more.
  ctr images import --local --discard-unpacked-layers "$archive"
  rm "$archive"
done
# Neither the kubelet's garbage collection nor an author's may take what cannot be fetched again.
for image in $(ctr images list -q); do
  case $image in
    *@sha256:* | sha256:*) ;;
    *) ctr images label "$image" io.cri-containerd.image=managed io.cri-containerd.pinned=pinned >/dev/null ;;
  esac
done
# The packed layers go with the next garbage collection; deleting a lease in this way waits for one.
ctr leases create --id collect >/dev/null
ctr leases delete --sync collect >/dev/null
packed=$(find "$store/io.containerd.content.v1.content/blobs" -type f -size +1024k)
if [ -n "$packed" ]; then
  echo "containerd keeps packed layers: $packed" >&2
  exit 1
fi
kill "$containerd"
wait "$containerd" || :

# The node runs the very file that the Kubernetes images hold: once on the disk, once in the page cache.
for copy in "$store"/io.containerd.snapshotter.v1.overlayfs/snapshots/*/fs/usr/local/bin/kubernetes; do
  [ -f "$copy" ] && ln -f "$copy" "$root/usr/local/bin/kubernetes"
done

mv "$root"/boot/vmlinuz-* /build/out/vmlinuz
rm -f "$root"/vmlinuz "$root"/vmlinuz.old
mkdir "$root/tmp/initrd"
cp /build/initrd/* "$root/tmp/initrd/"
chroot "$root" /tmp/initrd/make.sh /tmp/initrd.img /tmp/initrd/node 'virtio_pci virtio_blk ext4'
mv "$root/tmp/initrd.img" /build/out/initrd.img
rm -r "$root/tmp/initrd"

echo 'making the file system'
truncate -s "$size" /build/disk.raw
# The file is all zeros, so nobody needs to write zeros to the inode tables, neither now nor in every guest.
mkfs.ext4 -q -F -m 0 -E nodiscard,assume_storage_prezeroed=1 -d "$root" /build/disk.raw
echo 'compressing the disk'
qemu-img convert -W -m 8 -c -o compression_type=zstd -O qcow2 /build/disk.raw /build/out/disk.qcow2
rm /build/disk.raw
