import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { CHARTS, prove } from '../charts/charts.ts';
import { gocli, outputOf, type CliResult } from '../helpers/cli.ts';
import { PROVIDER, providerFolder } from '../helpers/provider.ts';

const NAME = 'e2e-node';
const kubectl = (...argv: string[]): Promise<CliResult> => gocli(['kubectl', '--name', NAME, ...argv]);
const onNode = (script: string): Promise<CliResult> =>
  gocli(['ssh', '--name', NAME, 'node01', '--', `set -eu\n${script}`]);

async function answerOfNode(t: ExecutionContext, script: string): Promise<string> {
  const result = await onNode(script);
  t.is(result.exitCode, 0, outputOf(result));
  return result.stdout;
}

async function apply(t: ExecutionContext, object: object): Promise<void> {
  const result = await gocli(['kubectl', '--name', NAME, 'apply', '-f', '-'], {
    input: JSON.stringify(object),
  });
  t.is(result.exitCode, 0, outputOf(result));
}

test.before('a cluster is up', async (t) => {
  t.timeout(85 * 60_000);
  const built = await gocli(['provision', await providerFolder()]);
  t.is(built.exitCode, 0, outputOf(built));
  const started = await gocli(['run', PROVIDER, '--name', NAME]);
  t.is(started.exitCode, 0, outputOf(started));
});

test.after.always('the cluster is removed', async () => {
  await gocli(['rm', '--name', NAME]);
});

test.serial('no helper runs before it is used', async (t) => {
  const daemons = 'iscsid|multipathd|rpcbind|rpc.statd|rpc.idmapd|blkmapd|dmeventd|lvmpolld';
  t.is(await answerOfNode(t, `ps -eo comm= | grep -Ex '${daemons}' || :`), '');
  t.is(await answerOfNode(t, 'systemctl --failed --plain --no-legend'), '');
});

// The quickest of those that `make charts` shows.
for (const chart of CHARTS.filter(({ e2e }) => e2e)) {
  test.serial(`${chart.manifest}: ${chart.shows}`, (t) => prove(t, NAME, chart));
}

test.serial('the node has time zones, and the limits that charts ask for', async (t) => {
  const said = await answerOfNode(
    t,
    `readlink -f /etc/localtime
TZ=Europe/Berlin date +%Z
TZ=US/Eastern date +%Z
sysctl -n vm.max_map_count fs.inotify.max_user_instances fs.inotify.max_user_watches`,
  );
  const [zone, berlin = '', eastern = '', ...limits] = said.trim().split('\n');
  t.is(zone, '/usr/share/zoneinfo/Etc/UTC');
  t.regex(berlin, /^CES?T$/);
  // One of the old names, which Debian has in a package of their own; an unknown one is "US".
  t.regex(eastern, /^E[SD]T$/);
  const [maps = 0, instances = 0, watches = 0] = limits.map(Number);
  t.true(maps >= 262_144 && instances >= 1024 && watches >= 524_288, said);
});

test.serial('node and pod reach the host by a name; AppArmor confines the pod', async (t) => {
  const server = createServer((_, response) => response.end('the host\n')).listen(0, '0.0.0.0');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://host.gocli.internal:${String((server.address() as AddressInfo).port)}/`;
  // No other address of that name: an IPv6 one would be tried first.
  const asked = `curl -sS --max-time 10 ${url}; getent ahostsv6 host.gocli.internal | grep -v ::ffff: || :`;
  t.is(await answerOfNode(t, asked), 'the host\n');
  const script = `cat /proc/self/attr/current; TZ= date -r /etc/localtime +%Y >/dev/null; wget -qO- ${url}`;
  await apply(t, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'confined' },
    spec: {
      restartPolicy: 'Never',
      securityContext: { appArmorProfile: { type: 'RuntimeDefault' } },
      volumes: [{ name: 'localtime', hostPath: { path: '/etc/localtime', type: 'File' } }],
      containers: [
        {
          name: 'sh',
          image: 'localhost/busybox:1.37',
          command: ['sh', '-ec', script],
          volumeMounts: [{ name: 'localtime', mountPath: '/etc/localtime', readOnly: true }],
        },
      ],
    },
  });
  const ended = await kubectl(
    'wait',
    '--for=jsonpath={.status.phase}=Succeeded',
    'pod/confined',
    '--timeout=60s',
  );
  t.is(ended.exitCode, 0, outputOf(ended));
  t.is((await kubectl('logs', 'confined')).stdout, 'cri-containerd.apparmor.d (enforce)\nthe host\n');
});

test.serial('every CNI plugin is there, and gives a namespace an interface', async (t) => {
  const list = await answerOfNode(
    t,
    'cd /opt/cni/bin; for plugin in *; do CNI_COMMAND=VERSION ./$plugin </dev/null >/dev/null; echo $plugin; done',
  );
  const expected =
    'bandwidth bridge dhcp dummy firewall gocli-pod-options host-device host-local ipvlan loopback macvlan portmap ptp sbr static ' +
    'tap tuning vlan vrf';
  t.is(list.trim().replaceAll('\n', ' '), expected);
  const added = await answerOfNode(
    t,
    `export CNI_CONTAINERID=try CNI_IFNAME=net1 CNI_PATH=/opt/cni/bin CNI_NETNS=/run/netns/try
ip netns add try
trap 'ip netns delete try' EXIT
for type in macvlan ipvlan vlan; do
  echo '{"cniVersion":"1.0.0","name":"try","type":"'$type'","master":"eth0","vlanId":7,
    "ipam":{"type":"static","addresses":[{"address":"198.51.100.7/24"}]}}' >/tmp/try.json
  CNI_COMMAND=ADD $CNI_PATH/$type </tmp/try.json >/dev/null
  ip -n try -d -o address show dev net1 | grep -o 198.51.100.7
  ip -n try -d link show dev net1 | grep -o -m 1 $type
  CNI_COMMAND=DEL $CNI_PATH/$type </tmp/try.json
done
# Its daemon starts with the first question.
systemctl is-active cni-dhcp.service || :
echo '{"cniVersion":"1.0.0","name":"try","type":"macvlan","master":"eth0","ipam":{"type":"dhcp"}}' >/tmp/try.json
CNI_COMMAND=ADD $CNI_PATH/macvlan </tmp/try.json >/dev/null
ip -n try -o address show dev net1 | grep -o 'inet 192.168.66'
CNI_COMMAND=DEL $CNI_PATH/macvlan </tmp/try.json`,
  );
  t.is(
    added.trim().split('\n').join(' '),
    [
      ...['macvlan', 'ipvlan', 'vlan'].map((type) => `198.51.100.7 ${type}`),
      'inactive',
      'inet 192.168.66',
    ].join(' '),
  );
});

test.serial('the tools that operators look for are there', async (t) => {
  const tools =
    'conntrack ethtool ipset tcpdump strace apparmor_parser multipath mount.cifs mount.nfs iscsiadm cryptsetup';
  const said = await answerOfNode(
    t,
    `for tool in ${tools}; do command -v $tool >/dev/null || echo $tool is missing; done
ipset create try hash:net
ipset add try 10.0.0.0/8
ipset test try 10.1.1.1 2>&1
ipset destroy try
multipathd show status
mount -t cifs //127.0.0.1/share /mnt -o guest 2>&1 || :`,
  );
  t.notRegex(said, /is missing/);
  t.regex(said, /10\.1\.1\.1 is in set try/);
  t.regex(said, /path checker states/, 'asked, multipathd starts');
  t.regex(said, /mount error\(111\): could not connect/, 'the kernel knows CIFS; nobody serves it here');
});

test.serial('a NodePort answers at 127.0.0.1 on the node; annotations bound bandwidth', async (t) => {
  const labels = { app: 'web' };
  const web = 'mkdir /www && echo it works >/www/index.html && exec httpd -f -h /www';
  await apply(t, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      labels,
      annotations: { 'kubernetes.io/ingress-bandwidth': '7M', 'kubernetes.io/egress-bandwidth': '9M' },
    },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'web', image: 'localhost/busybox:1.37', command: ['sh', '-c', web] }],
    },
  });
  await apply(t, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, nodePort: 30_080 }] },
  });
  const ready = await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=60s');
  t.is(ready.exitCode, 0, outputOf(ready));
  const files = await kubectl('exec', 'web', '--', 'sh', '-c', 'ulimit -n');
  t.is(files.stdout, '1048576\n', 'what programs make room for');
  // The cluster's own DNS, over UDP: a question for kubernetes.default.svc.cluster.local, and the size of the answer.
  const question = String.raw`\0\1\1\0\0\1\0\0\0\0\0\0\12kubernetes\7default\3svc\7cluster\5local\0\0\1\0\1`;
  const said = await answerOfNode(
    t,
    `for address in 127.0.0.1 192.168.66.101; do
  curl -sS --retry 20 --retry-connrefused --retry-delay 1 --max-time 10 http://$address:30080/
done
printf '${question}' | timeout 5 socat -t 3 - UDP:127.0.0.1:31111 | wc -c
curl -s http://127.0.0.1:30999/ || echo $?
tc qdisc show | grep -o ' tbf .* rate [^ ]* burst [^ ]*' | sed 's/.*rate //' | sort`,
  );
  const [local, outside, dns, nobody, ...limits] = said.trim().split('\n');
  t.deepEqual([local, outside], ['it works', 'it works']);
  t.true(Number(dns) > 60, said);
  t.is(nobody, '7', 'where nobody is it is refused at once');
  t.deepEqual(limits, ['7Mbit burst 87500b', '9Mbit burst 112500b']);
});

test.serial('a volume group and an encrypted volume in it', async (t) => {
  t.is(
    await answerOfNode(
      t,
      `truncate -s 100M /var/tmp/try.img
loop=$(losetup --find --show /var/tmp/try.img)
exec 3>&1 >/tmp/try.log
vgcreate -q try $loop
lvcreate -q -y -L 64M -n plain try
secret() { echo secret | cryptsetup "$@"; }
secret luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file - /dev/try/plain
secret open --key-file - /dev/try/plain try-open
mkfs.ext4 -q /dev/mapper/try-open
mount /dev/mapper/try-open /mnt
echo kept >/mnt/file
umount /mnt
cryptsetup close try-open
vgchange -q -an try
vgchange -q -ay try
secret open --key-file - /dev/try/plain try-open
mount /dev/mapper/try-open /mnt
cat /mnt/file >&3
umount /mnt
cryptsetup close try-open
vgremove -q -f try
losetup -d $loop`,
    ),
    'kept\n',
  );
});

test.serial('a disk over iSCSI; the name of the initiator is made on the node', async (t) => {
  const name = 'cat /etc/iscsi/initiatorname.iscsi';
  t.is(await answerOfNode(t, name), 'GenerateName=yes\n');
  t.is(
    await answerOfNode(
      t,
      `exec 3>&1 >/tmp/try.log
# The kernel's own target, with a file behind it.
modprobe -a iscsi_target_mod target_core_file
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
truncate -s 64M /var/tmp/lun.img
cd /sys/kernel/config/target
mkdir -p core/fileio_0/try
echo fd_dev_name=/var/tmp/lun.img,fd_dev_size=67108864 >core/fileio_0/try/control
echo 1 >core/fileio_0/try/enable
mkdir -p iscsi
portal=iscsi/iqn.2026-01.io.gocli:try/tpgt_1
mkdir -p $portal/np/127.0.0.1:3260 $portal/lun/lun_0
ln -s core/fileio_0/try $portal/lun/lun_0/try
echo 0 >$portal/attrib/authentication
echo 0 >$portal/attrib/demo_mode_write_protect
echo 1 >$portal/attrib/generate_node_acls
echo 1 >$portal/enable
cd /
iscsiadm -m discovery -t sendtargets -p 127.0.0.1
iscsiadm -m node --login
udevadm settle
disk=$(readlink -f /dev/disk/by-path/*iscsi*lun-0)
mkfs.ext4 -q -F $disk
mount $disk /mnt
echo kept >/mnt/file
umount /mnt
mount $disk /mnt
cat /mnt/file >&3
umount /mnt
iscsiadm -m node --logout`,
    ),
    'kept\n',
  );
  t.regex(await answerOfNode(t, name), /^InitiatorName=iqn\./m);
});

test.serial('a folder over NFS', async (t) => {
  t.is(
    await answerOfNode(
      t,
      `exec 3>&1 >/tmp/try.log
# The kernel's own server. What its daemon would be asked is told before: who the client is, and that all may be read.
modprobe nfsd
mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
mkdir -p /srv/try
echo kept >/srv/try/kept
later=$(($(date +%s) + 600))
echo "nfsd 127.0.0.1 $later try" >/proc/net/rpc/auth.unix.ip/channel
echo "try /srv/try $later 0x2403 65534 65534 0" >/proc/net/rpc/nfsd.export/channel
echo 'try 1 \\x00000000 '$later' /srv/try' >/proc/net/rpc/nfsd.fh/channel
echo '-3 +4' >/proc/fs/nfsd/versions
echo 1 >/proc/fs/nfsd/threads
mount -t nfs -o vers=4.2,nolock 127.0.0.1:/ /mnt
# A server that has just begun opens no file for a minute and a half, in case a client comes back; but it shows them.
stat -c '%n %s' /mnt/kept >&3
umount /mnt
echo 0 >/proc/fs/nfsd/threads`,
    ),
    '/mnt/kept 5\n',
  );
});
