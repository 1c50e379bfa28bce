import { createHash, randomBytes } from 'node:crypto';
import { nodeAddress, nodeName, ownMac } from '../network/addresses.ts';
import { hostNameOf } from './host-name.ts';
import { rigId } from '../rig/identity.ts';
import { nodeSubnet, type RigPlan } from '../rig/plan.ts';
import { quote } from '../shared/quote.ts';
import type { SshKeyPair } from '../ssh/keys.ts';

/** What distinguishes a machine from all others that were thawed from the same template. */
export interface Identity {
  /** Whose it is. A machine that has it already keeps what it is, so that a restore changes nothing. */
  readonly owner: string;
  readonly hostName: string;
  readonly mac: string;
  /** Address that it has in its rig, which hangs on the hardware address. */
  readonly address: string;
  /** 32 hexadecimal digits (machine-id(5)). */
  readonly machineId: string;
  readonly hostKey: SshKeyPair;
  /** For the guest's random number generator, as text. */
  readonly seed: string;
}

/** A new identity for a machine of a rig. The hardware address is the same for the same rig, all else is new. */
export function newIdentity({ guest, host }: RigPlan, index: number, hostKey: SshKeyPair): Identity {
  const owner = `${rigId(host)}/${host.name}`;
  const digest = createHash('sha256')
    .update(`${rigId(host)}/${nodeName(index)}`)
    .digest('hex');
  return {
    owner,
    hostName: hostNameOf(host.name, index, guest.nodes),
    mac: ownMac(digest.slice(0, 6), index),
    address: nodeAddress(index, nodeSubnet(guest)),
    machineId: asUuid4(randomBytes(16)),
    hostKey,
    seed: randomBytes(64).toString('base64'),
  };
}

/** 32 hexadecimal digits that are a UUID of version 4, as machine-id(5) wants them to be. */
function asUuid4(bytes: Buffer): string {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex');
}

const OWNER_FILE = '/var/lib/gocli/owner';
const HOST_KEY = '/etc/ssh/ssh_host_ed25519_key';
/** Looks at whether DHCP has given it its address, 50 ms and more apart: half a minute where it takes long. */
const ADDRESS_LOOKS = 600;

/**
 * POSIX shell script for root by which a guest becomes a machine of its own. It prints the public host key that the
 * machine has afterwards. Hardly a program is started: each costs some 30 ms where the processor is emulated.
 *
 * systemd's first process remembers the machine id until it is executed anew, and journald writes below it: that one is
 * restarted, and nothing waits for it. The kernel's generator hears of the thaw by the generation id of the machine
 * (vmgenid); the seed is for a guest without that driver.
 */
export function identityScript(identity: Identity): string {
  const { owner, hostName, mac, address, machineId, hostKey, seed } = identity;
  const write = (text: string, file: string): string => `printf '%s\\n' ${quote(text)} >${file}`;
  return `set -eu
has_address() {
  while read -r _ one _; do
    [ "$one" != ${address} ] || return 0
  done </proc/net/fib_trie
  return 1
}
${write(seed, '/dev/urandom')}
owner=
read -r owner 2>/dev/null <${OWNER_FILE} || :
if [ "$owner" != ${quote(owner)} ]; then
  ip link set dev eth0 address ${mac}
  umask 077
  ${write(hostKey.privateKey.trimEnd(), HOST_KEY)}
  umask 022
  ${write(hostKey.publicKey.trimEnd(), `${HOST_KEY}.pub`)}
  read -r sshd </run/sshd.pid
  kill -HUP "$sshd"
  ${write(hostName, '/proc/sys/kernel/hostname')}
  ${write(hostName, '/etc/hostname')}
  ${write(`127.0.0.1 localhost\n127.0.1.1 ${hostName}\n::1 localhost ip6-localhost ip6-loopback`, '/etc/hosts')}
  ${write(machineId, '/etc/machine-id')}
  ${write(`[Link]\nMACAddress=${mac}`, '/etc/systemd/network/10-eth0.network.d/20-mac.conf')}
  ${write(`instance-id: ${machineId}\nlocal-hostname: ${hostName}`, '/var/lib/cloud/seed/nocloud/meta-data')}
  ${write(owner, OWNER_FILE)}
  left=${ADDRESS_LOOKS}
  until has_address; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo 'it does not get the address ${address}' >&2; exit 1; }
    sleep 0.05
  done
  { rm -rf /run/log/journal/*; systemctl restart systemd-journald.service; } </dev/null >/dev/null 2>&1 &
fi
read -r key <${HOST_KEY}.pub
printf '%s\\n' "$key"
`;
}
