#!/bin/sh
# Runs in the root file system once its packages are installed and files/ is in place.
set -eu

systemctl enable systemd-networkd.service ssh.service containerd.service kubelet.service gocli-host-key.service \
  gocli-grow.service
# Debian's package enabled its own unit, for an earlier moment.
systemctl reenable systemd-timesyncd.service

# What a machine that lives for minutes has no use for. Each program started at boot costs a third of a second where
# the processor is emulated.
systemctl mask \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  systemd-tmpfiles-clean.timer \
  systemd-ask-password-console.path systemd-ask-password-wall.path \
  systemd-firstboot.service systemd-sysusers.service systemd-hwdb-update.service \
  systemd-journal-catalog-update.service systemd-update-done.service ldconfig.service systemd-machine-id-commit.service \
  systemd-fsck-root.service systemd-remount-fs.service systemd-quotacheck-root.service systemd-pstore.service \
  systemd-network-generator.service systemd-networkd-persistent-storage.service systemd-networkd-wait-online.service \
  systemd-journal-flush.service systemd-random-seed.service systemd-udev-load-credentials.service \
  systemd-user-sessions.service systemd-tmpfiles-setup-dev-early.service \
  systemd-creds.socket systemd-hostnamed.socket systemd-initctl.socket systemd-sysext.socket systemd-pcrextend.socket \
  systemd-pcrlock.socket systemd-journald-audit.socket \
  dev-mqueue.mount run-lock.mount sys-fs-fuse-connections.mount sys-kernel-config.mount tmp.mount \
  proc-sys-fs-binfmt_misc.automount \
  getty@tty1.service sshd-keygen.service ssh.socket

# Helpers for volumes: a daemon of theirs starts when it is first needed. mount.nfs starts rpc.statd and with it rpcbind,
# iscsiadm starts iscsid, a question to multipathd or to the daemon of the CNI plugin dhcp starts it through its socket,
# LVM starts dmeventd. containerd loads the
# one AppArmor profile that pods need; those of /etc/apparmor.d are for programs that a node does not have.
systemctl disable \
  apparmor.service blk-availability.service dm-event.socket iscsid.service iscsid.socket lvm2-lvmpolld.socket \
  lvm2-monitor.service multipathd.service nfs-blkmap.service nfs-client.target open-iscsi.service rpcbind.service \
  rpcbind.socket
systemctl add-wants sockets.target multipathd.socket cni-dhcp.socket

# The name by which iSCSI targets know a node is made when iscsid first starts; the package made one that all would share.
echo GenerateName=yes >/etc/iscsi/initiatorname.iscsi

# Generators whose subject does not exist here: no fstab, no partitions, no hibernation, no init scripts, no TPM.
mkdir -p /etc/systemd/system-generators
for subject in debug fstab gpt-auto hibernate-resume rc-local run ssh system-update sysv tpm2; do
  ln -sf /dev/null "/etc/systemd/system-generators/systemd-$subject-generator"
done
rm -f /etc/fstab
# What this one says at each boot is always the same. It wants three folders and uses the first.
units=/etc/systemd/system
/usr/lib/systemd/system-generators/rpc-pipefs-generator "$units" "$units" "$units"
ln -sf /dev/null /etc/systemd/system-generators/rpc-pipefs-generator

# No password fits "*", but it is not a locked account either: those sshd refuses without PAM.
usermod --password '*' root

# The user of kubevirtci's nodes, for scripts that log in as it: nothing but sudo's leave to do everything.
useradd --create-home --shell /bin/bash --password '*' cloud-user
echo 'cloud-user ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/cloud-user
chmod 0440 /etc/sudoers.d/cloud-user

# What makes a machine itself is made when it boots for the first time. An empty machine-id means just that, without
# the work systemd does for a missing one.
rm -f /etc/ssh/ssh_host_* /etc/hostname /var/lib/systemd/random-seed
: >/etc/machine-id

# The last one is for what gocli tells a machine of a proxy, as it does while provision.sh runs.
mkdir -p /etc/kubernetes/manifests /etc/cni/net.d /opt/cni/bin /var/lib/kubelet /var/lib/etcd /var/lib/gocli
chmod 0700 /var/lib/etcd
