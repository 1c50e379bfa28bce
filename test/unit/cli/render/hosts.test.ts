import test from 'ava';
import type { Host } from '../../../../gocli-ts/src/api/hosts.ts';
import { ansibleInventory, ansibleList, renderSshConfig } from '../../../../gocli-ts/src/cli/render/hosts.ts';

const hostOf = (name: string, rig: string, port: number): Host => ({
  name,
  rig,
  provider: 'vm-debian-13',
  node: 'node01',
  host: '127.0.0.1',
  port,
  user: 'debian',
  identityFile: `/home/a b/clusters/${rig}/id_ed25519`,
  hostKey: `ssh-ed25519 AAAA${port}+/= root@node01`,
});
const HOSTS = [hostOf('a', 'a', 4001), hostOf('b-node01', 'b', 4002), hostOf('b-node02', 'b', 4003)];

test('ssh knows each machine by its own host key, whoever had the port before', (t) => {
  const sections = renderSshConfig(HOSTS).split('\n\n');
  t.is(sections.length, 3);
  const [first = ''] = sections;
  t.regex(first, /^Host a\n {2}HostName 127\.0\.0\.1\n {2}Port 4001\n {2}User debian\n/);
  t.regex(first, /^ {2}IdentityFile "\/home\/a b\/clusters\/a\/id_ed25519"$/m);
  t.regex(first, /^ {2}KnownHostsCommand \/bin\/echo a ssh-ed25519 AAAA4001\+\/=$/m);
  t.regex(first, /^ {2}StrictHostKeyChecking yes$/m);
});

test('what ssh would take for more than a path is quoted for it', (t) => {
  for (const [path, word] of [
    ['/ci/job%2Fbranch/id', '"/ci/job%%2Fbranch/id"'],
    ['/a "b\\c/id', '"/a \\"b\\\\c/id"'],
  ] as const) {
    const text = renderSshConfig([{ ...hostOf('a', 'a', 4001), identityFile: path }]);
    t.true(text.includes(`\n  IdentityFile ${word}\n`), text);
  }
});

test('an inventory has the machines of each rig and of each provider as a group', (t) => {
  const { all } = ansibleInventory(HOSTS) as { all: Record<'hosts' | 'children', Record<string, unknown>> };
  t.deepEqual(Object.keys(all.hosts), ['a', 'b-node01', 'b-node02']);
  t.like(all.hosts['b-node02'], { ansible_port: 4003, ansible_user: 'debian' });
  t.deepEqual(all.children['b'], { hosts: { 'b-node01': {}, 'b-node02': {} } });
  t.deepEqual(Object.keys(all.children), ['a', 'vm_debian_13', 'b']);
});

test('an inventory script tells all variables at once', (t) => {
  const { _meta: meta, ...groups } = ansibleList(HOSTS);
  t.deepEqual(Object.keys((meta as { hostvars: object }).hostvars), ['a', 'b-node01', 'b-node02']);
  t.deepEqual(groups['vm_debian_13'], { hosts: ['a', 'b-node01', 'b-node02'] });
});
