import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { HostPlan, RigPlan } from '../../../gocli-ts/src/rig/plan.ts';
import { hostNameOf } from '../../../gocli-ts/src/vm/host-name.ts';
import { identityScript, newIdentity } from '../../../gocli-ts/src/vm/identity.ts';
import { stateOf } from '../../helpers/engine.ts';
import { temporaryFolder } from '../provision/_bench.ts';

const KEYS = [1, 2].map((one) => ({
  privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\nkey ${one} 'quoted'\n-----END OPENSSH PRIVATE KEY-----\n`,
  publicKey: `ssh-ed25519 AAAA${one} root@node01`,
}));
const [KEY = { privateKey: '', publicKey: '' }, OTHER_KEY = KEY] = KEYS;

function planOf(host: Partial<HostPlan>, nodes = 1): RigPlan {
  const { plan } = stateOf();
  return { guest: { ...plan.guest, nodes }, host: { ...plan.host, ...host } };
}

test('a machine is called as its rig, one of several as both', (t) => {
  t.is(hostNameOf('a', 1, 1), 'a');
  t.is(hostNameOf('a', 2, 3), 'a-node02');
  t.is(hostNameOf('vm-debian-13.5', 1, 1), 'vm-debian-13-5', 'a dot would begin a domain');
});

test('no two identities have anything in common', (t) => {
  const identities = [
    newIdentity(planOf({ name: 'a' }), 1, KEY),
    newIdentity(planOf({ name: 'b' }), 1, OTHER_KEY),
    newIdentity(planOf({ name: 'a' }, 2), 2, { privateKey: 'x', publicKey: 'y' }),
  ];
  for (const what of ['hostName', 'mac', 'machineId', 'hostKey', 'seed'] as const)
    t.is(new Set(identities.map((one) => one[what])).size, 3, what);
  for (const { machineId, mac } of identities) {
    t.regex(machineId, /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    t.regex(mac, /^52:56(:[0-9a-f]{2}){3}:0[12]$/);
  }
});

test('the hardware address of a rig is the same however often it is made', (t) => {
  const again = [1, 2].map(() => newIdentity(planOf({ name: 'a' }), 1, KEY));
  t.is(new Set(again.map(({ mac }) => mac)).size, 1);
  t.is(new Set(again.map(({ machineId }) => machineId)).size, 2);
});

/** A guest's root folder, and what its programs were called with. */
async function guest(t: ExecutionContext): Promise<{
  run: (script: string) => string;
  read: (path: string) => Promise<string>;
}> {
  const root = await temporaryFolder(t);
  for (const folder of [
    'bin',
    'dev',
    'etc/ssh',
    'etc/systemd/network/10-eth0.network.d',
    'proc/net',
    'proc/sys/kernel',
    'run/log/journal/old',
    'var/lib/gocli',
    'var/lib/cloud/seed/nocloud',
  ])
    await mkdir(join(root, folder), { recursive: true });
  for (const program of ['ip', 'systemctl', 'sshd']) {
    const file = join(root, 'bin', program);
    await writeFile(file, `#!/bin/sh\necho "${program} $*" >>${root}/calls\n`);
    await chmod(file, 0o755);
  }
  await writeFile(join(root, 'proc/net/fib_trie'), '   |-- 192.168.66.101\n      /32 host LOCAL\n');
  // A process that is told to read its keys anew, and is none of ours.
  await writeFile(join(root, 'run/sshd.pid'), '4194305\n');
  return {
    run: (script) => {
      const inRoot = script
        .replaceAll(/(?<=[ <>])\/(?=(etc|var|run|proc|dev)\/(?!null))/g, `${root}/`)
        .replace('kill -HUP', 'echo HUP');
      const env = { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}` };
      // What it leaves behind would write into a folder that is removed by then.
      return execFileSync('/bin/sh', { input: `${inRoot}\nwait\n`, env, encoding: 'utf8' });
    },
    read: (path) => readFile(join(root, path), 'utf8'),
  };
}

test('the script makes a guest another machine, and says its host key', async (t) => {
  const { run, read } = await guest(t);
  const identity = newIdentity(planOf({ name: 'a' }), 1, KEY);
  t.regex(run(identityScript(identity)), new RegExp(`^HUP 4194305\n${KEY.publicKey}\n$`));
  t.is(await read('etc/ssh/ssh_host_ed25519_key'), KEY.privateKey);
  t.is(await read('etc/hostname'), 'a\n');
  t.is(await read('proc/sys/kernel/hostname'), 'a\n');
  t.regex(await read('etc/hosts'), /^127\.0\.1\.1 a$/m);
  t.is(await read('etc/machine-id'), `${identity.machineId}\n`);
  t.regex(await read('etc/systemd/network/10-eth0.network.d/20-mac.conf'), new RegExp(identity.mac));
  t.regex(await read('var/lib/cloud/seed/nocloud/meta-data'), /^local-hostname: a$/m);
  t.regex(await read('calls'), new RegExp(`^ip link set dev eth0 address ${identity.mac}$`, 'm'));
});

test('a machine that is restored stays what it is, but gets other random numbers', async (t) => {
  const { run, read } = await guest(t);
  const first = newIdentity(planOf({ name: 'a' }), 1, KEY);
  run(identityScript(first));
  const second = newIdentity(planOf({ name: 'a' }), 1, OTHER_KEY);
  t.is(run(identityScript(second)), `${KEY.publicKey}\n`);
  t.is(await read('etc/machine-id'), `${first.machineId}\n`);
  t.is(await read('dev/urandom'), `${second.seed}\n`);
});

test('the machines of a fork become others', async (t) => {
  const { run, read } = await guest(t);
  run(identityScript(newIdentity(planOf({ name: 'a' }), 1, KEY)));
  t.regex(run(identityScript(newIdentity(planOf({ name: 'b' }), 1, OTHER_KEY))), /AAAA2/);
  t.is(await read('etc/hostname'), 'b\n');
});
