#!/bin/bash
# Started by a user, this provisions the provider it lies beside. gocli then runs the same file as root in a machine
# that was booted from the new disk: what it leaves there is on every node of every cluster.
set -euo pipefail

if [ -z "${GOCLI_IN_GUEST:-}" ]; then
  here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
  exec "$here/../../../cluster-up/cli.sh" provision "$here" "$@"
fi

fail() {
  echo "$*" >&2
  exit 1
}

# --- What this provider adds to the node -----------------------------------------------------------------------------
# Packages are named in cluster-provision/guest/, programs and images in provider.yaml, objects in manifests/. The rest
# has its place here.

# kubectl works for root on a control plane node; the target is there once kubeadm has run.
mkdir -p /root/.kube
ln -sfn /etc/kubernetes/admin.conf /root/.kube/config

# --- What a cluster start relies on ----------------------------------------------------------------------------------
version=$(kubeadm version -o short)
[ "$version" = "v$KUBERNETES_VERSION" ] || fail "kubeadm says $version, wanted v$KUBERNETES_VERSION"
for unit in containerd kubelet; do
  systemctl is-enabled --quiet "$unit" || fail "$unit.service is not enabled"
done
systemctl is-active --quiet containerd || fail "containerd does not run: $(systemctl status containerd --no-pager | tail -n 5)"
for plugin in bridge host-local loopback portmap; do
  [ -x "/opt/cni/bin/$plugin" ] || fail "the CNI plugin $plugin is missing"
done

# A cluster starts without a network: an image that is not here now will not be there then.
present=$(crictl images -o json)
missing=
for image in $(kubeadm config images list --kubernetes-version "$version"); do
  grep -qF "\"$image\"" <<<"$present" || missing="$missing $image"
done
[ -z "$missing" ] || fail "kubeadm asks for images that the node does not have:$missing"
echo "Kubernetes $version is complete"
