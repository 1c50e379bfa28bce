#!/bin/sh
# Runs in the root file system of a plain machine once its packages are installed and files/ is in place: setup.sh USER
set -eu
user=$1

systemctl enable systemd-networkd.service ssh.service gocli-host-key.service gocli-grow.service gocli-name.service
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
  dev-mqueue.mount run-lock.mount sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount proc-sys-fs-binfmt_misc.automount \
  getty@tty1.service sshd-keygen.service ssh.socket
systemctl set-default multi-user.target

# Generators whose subject does not exist here: no fstab, no partitions, no hibernation, no init scripts, no TPM. gocli
# runs cloud-init itself, where there is something for it to do: at each boot Python alone would take seconds.
mkdir -p /etc/systemd/system-generators
for subject in debug fstab gpt-auto hibernate-resume rc-local run ssh system-update sysv tpm2; do
  ln -sf /dev/null "/etc/systemd/system-generators/systemd-$subject-generator"
done
ln -sf /dev/null /etc/systemd/system-generators/cloud-init-generator
rm -f /etc/fstab

# No password fits "*", but it is not a locked account either: those sshd refuses without PAM.
usermod --password '*' root
useradd --create-home --shell /bin/bash --password '*' "$user"
echo "$user ALL=(ALL) NOPASSWD: ALL" >"/etc/sudoers.d/$user"
chmod 0440 "/etc/sudoers.d/$user"

# What makes a machine itself is made when it boots for the first time, and once more for each clone (gocli-ts/src/vm).
rm -f /etc/ssh/ssh_host_* /etc/hostname /var/lib/systemd/random-seed
: >/etc/machine-id
mkdir -p /var/lib/gocli /var/lib/cloud/seed/nocloud
