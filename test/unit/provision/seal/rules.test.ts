import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { hostNames, readBuildFacts } from '../../../../gocli-ts/src/provision/seal/build-facts.ts';
import { FakeHost } from '../../../fakes/host.ts';
import { judgeContent, judgePath, judgeWhole } from '../../../../gocli-ts/src/provision/seal/rules.ts';

const facts = { mirrors: ['mirror.example.org'], hostname: 'builder' };
const kinds = (finds: readonly { what: string }[]): string[] => finds.map(({ what }) => what);

const { privateKey } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const LEGACY = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n${'QUJD'.repeat(16)}\n`;
const OPENSSH = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'b3Bl'.repeat(17)}\n`;

for (const [title, text] of Object.entries({
  'a PKCS 8 key': privateKey,
  'an encrypted key': LEGACY,
  'an ssh key': OPENSSH,
})) {
  test(`${title} is found wherever it stands, also inside JSON`, (t) => {
    t.deepEqual(kinds(judgeContent('/x', Buffer.from(text), facts)), ['private key']);
    t.deepEqual(kinds(judgeContent('/x', Buffer.from(JSON.stringify({ key: text })), facts)), [
      'private key',
    ]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.uint8Array({ maxLength: 2000 }), (before, after) => {
        const window = Buffer.concat([before, Buffer.from(text), after]);
        return kinds(judgeContent('/x', window, facts)).includes('private key');
      }),
    );
  });
}

test('a program that only knows what a key looks like is no find', (t) => {
  const texts = [
    '-----BEGIN RSA PRIVATE KEY-----\0-----END RSA PRIVATE KEY-----',
    'RSA PRIVATE KEY\0EC PRIVATE KEY\0',
    '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----',
    `-----BEGIN CERTIFICATE-----\n${'MIIB'.repeat(16)}\n`,
    `-----BEGIN PUBLIC KEY-----\n${'MIIB'.repeat(16)}\n`,
  ];
  for (const text of texts) t.deepEqual(judgeContent('/usr/bin/x', Buffer.from(text), facts), []);
});

test('the name of a mirror is found in content and in paths', (t) => {
  t.deepEqual(kinds(judgeContent('/x', Buffer.from('deb http://mirror.example.org/debian'), facts)), [
    'name of the mirror mirror.example.org',
  ]);
  t.deepEqual(kinds(judgePath('/var/cache/mirror.example.org_dists', 0, facts)), [
    'name of the mirror mirror.example.org',
  ]);
});

const forbidden: [string, string][] = [
  ['/root/.ssh/authorized_keys', 'ssh key or known host'],
  ['/home/debian/.ssh/id_ed25519', 'ssh key or known host'],
  ['/etc/ssh/ssh_host_ed25519_key', 'ssh host key'],
  ['/etc/ssh/ssh_host_ed25519_key.pub', 'ssh host key'],
  ['/var/lib/systemd/random-seed', 'random seed'],
  ['/var/log/journal/0123/system.journal', 'journal'],
  ['/var/log/wtmp', 'log of the build'],
  ['/var/log/dpkg.log', 'log of the build'],
  ['/var/lib/dhcp/dhclient.eth0.leases', 'DHCP lease'],
  ['/etc/kubernetes/admin.conf', 'cluster credentials'],
  ['/etc/kubernetes/pki/ca.key', 'cluster credentials'],
  ['/var/lib/kubelet/pki/kubelet.key', 'cluster credentials'],
  ['/var/lib/apt/lists/some_Packages', 'package list of a mirror'],
  ['/root/.bash_history', 'shell history'],
  ['/etc/apt/apt.conf.d/95gocli-proxy', 'proxy of the building machine'],
  ['/etc/gocli-proxy.gitconfig', 'proxy of the building machine'],
  ['/etc/systemd/system/docker.service.d/10-gocli-proxy.conf', 'proxy of the building machine'],
];
for (const [path, what] of forbidden) {
  test(`${path} must be empty`, (t) => {
    t.deepEqual(kinds(judgePath(path, 1, facts)), [what]);
    t.deepEqual(judgePath(path, 0, facts), []);
  });
}

test('what every system has is no find', (t) => {
  const paths = [
    '/etc/ssh/sshd_config',
    '/etc/ssl/certs/ca-certificates.crt',
    '/var/lib/apt/lists/lock',
    '/usr/bin/ssh-keygen',
  ];
  for (const path of paths) t.deepEqual(judgePath(path, 100, facts), []);
});

test('identity of the machine, by content', (t) => {
  const judge = (path: string, text: string): string[] => kinds(judgeWhole(path, () => text, facts));
  t.deepEqual(judge('/etc/machine-id', `${'0a'.repeat(16)}\n`), ['machine id']);
  t.deepEqual(judge('/etc/machine-id', ''), []);
  t.deepEqual(judge('/etc/machine-id', 'uninitialized\n'), []);
  t.deepEqual(judge('/etc/hostname', 'builder\n'), ['host name of the building machine']);
  t.deepEqual(judge('/etc/hostname', 'node\n'), []);
  t.deepEqual(judge('/etc/resolv.conf', 'nameserver 10.1.2.3\n'), ['name servers of the building machine']);
  t.deepEqual(judge('/etc/resolv.conf', 'search corp.example\n'), ['name servers of the building machine']);
  t.deepEqual(judge('/etc/resolv.conf', 'nameserver 192.168.66.2\n'), []);
  for (const path of ['/etc/environment', '/etc/gitconfig']) {
    for (const begin of ['# gocli: begin', '# gocli: begin (and of the file)'])
      t.deepEqual(judge(path, `A=b\n${begin}\nHTTP_PROXY=http://10.0.0.1\n# gocli: end\n`), [
        'proxy of the building machine',
      ]);
    t.deepEqual(judge(path, 'A=b\n'), []);
  }
  const initiator = '/etc/iscsi/initiatorname.iscsi';
  t.deepEqual(judge(initiator, '# note\nInitiatorName=iqn.1993-08.org.debian:01:ab\n'), [
    'iSCSI initiator name',
  ]);
  t.deepEqual(judge(initiator, 'GenerateName=yes\n'), []);
});

test('host names are taken from addresses; public ones, credentials and bare numbers are not', (t) => {
  const text =
    'http://deb.debian.org/debian\nhttps://user:pass@Cache.example.org:8080/go,direct\nhttp://10.0.0.1/\nhttps://localhost:3142';
  t.deepEqual(hostNames(text), ['cache.example.org']);
});

test('the name of the proxy that the machine was told of is looked for', async (t) => {
  const proxy = { addresses: { HTTPS_PROXY: 'http://me:secret@proxy.corp.example:3128' }, except: '' };
  const { signal } = new AbortController();
  const mirrorsWith = async (told?: typeof proxy): Promise<readonly string[]> =>
    (await readBuildFacts(new FakeHost(), told, signal)).mirrors;
  t.true((await mirrorsWith(proxy)).includes('proxy.corp.example'));
  t.false((await mirrorsWith()).includes('proxy.corp.example'));
  for (const [address, names] of [
    ['Proxy.corp.example:3128', ['Proxy.corp.example', 'proxy.corp.example']],
    // Machines are told another name of these, and numbers occur everywhere.
    ['http://localhost.:3128', []],
    ['http://dev.localhost:3128', []],
    ['http://10.1.2.3:3128', []],
    ['http://proxy:3128', []],
  ] as const) {
    const before = await mirrorsWith();
    const more = (await mirrorsWith({ addresses: { HTTPS_PROXY: address }, except: '' })).filter(
      (name) => !before.includes(name),
    );
    t.deepEqual(more, names, address);
  }
  const here = { addresses: { HTTPS_PROXY: 'http://host.docker.internal:3128' }, except: '' };
  t.deepEqual(await mirrorsWith(here), await mirrorsWith(), 'that is its name everywhere');
});
