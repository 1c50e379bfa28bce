import { quoteAll } from '../../shared/quote.ts';

/** What a boot leaves and no image may hold; `seal` checks that it is gone. */
const LEFT_BEHIND = [
  '/root/.ssh',
  '/root/.cache',
  '/etc/ssh/ssh_host_*',
  '/var/lib/systemd/random-seed',
  '/var/lib/systemd/credential.secret',
  '/var/lib/systemd/network/*',
  '/var/lib/systemd/timers/*',
  '/var/lib/systemd/timesync/*',
  '/var/lib/dbus/machine-id',
  '/var/lib/dhcp/*',
  '/var/lib/dhcpcd/*',
  '/var/lib/chrony/*',
  '/var/lib/apt/lists/*',
  '/var/cache/apt/*',
  '/var/log/journal/*',
  '/var/tmp/*',
  '/tmp/*',
];

/** They write what is to be removed. */
const WRITERS = [
  'systemd-journald.socket',
  'systemd-journald-dev-log.socket',
  'systemd-journald-audit.socket',
  'systemd-journald.service',
  'chrony.service',
  'systemd-timesyncd.service',
  'containerd.service',
];

/**
 * The last thing that runs in the guest, as a POSIX shell script. It leaves the root file system read-only, so that a
 * shutdown cannot write a new random seed or journal: the machine is to be switched off after it, not shut down.
 */
export function cleanScript(): string {
  // Patterns are expanded by the guest's shell, so they are not quoted.
  return `set -eu
systemctl stop ${quoteAll(WRITERS)} 2>/dev/null || :
rm -rf ${LEFT_BEHIND.join(' ')}
rm -f /root/.*_history
find /var/log -type f -delete
: > /etc/machine-id
sync
echo u > /proc/sysrq-trigger
left=300
until grep -q ' / ext4 ro' /proc/mounts; do
  left=$((left - 1))
  [ "$left" -gt 0 ] || { echo 'the root file system stays writable' >&2; exit 1; }
  sleep 0.1
done
`;
}
