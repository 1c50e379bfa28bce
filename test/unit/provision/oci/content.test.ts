import test from 'ava';
import type { TreeEntry } from '../../../../gocli-ts/src/place/tree.ts';
import { packageEntries, programEntries, tagOf } from '../../../../gocli-ts/src/provision/oci/content.ts';

const file = (path: string): TreeEntry => ({ path, mode: 0o755, type: 'file', content: Buffer.from(path) });
const named = (entries: readonly TreeEntry[], path: string): TreeEntry | undefined =>
  entries.find((entry) => entry.path === path);

test('a program with its names', (t) => {
  const entries = programEntries('kubernetes', { path: '/b/kubernetes', size: 3 }, ['kubelet']);
  t.deepEqual(
    entries.map(({ path, type }) => `${type} ${path}`),
    [
      'directory usr',
      'directory usr/local',
      'directory usr/local/bin',
      'symlink usr/local/bin/kubelet',
      'file usr/local/bin/kubernetes',
    ],
  );
});

test('of packages only what programs need is kept', (t) => {
  const entries = packageEntries(
    [
      file('usr/sbin/nft'),
      file('usr/lib/x86_64-linux-gnu/libc.so.6'),
      file('usr/lib/x86_64-linux-gnu/gconv/IBM037.so'),
      file('usr/share/doc/nftables/copyright'),
      file('etc/protocols'),
      file('etc/apt/sources.list'),
      file('etc/hostname'),
      file('etc/resolv.conf'),
      file('var/lib/dpkg/status'),
    ],
    {},
    new Map(),
  );
  const own = new Set(['etc/passwd', 'etc/group']);
  t.deepEqual(
    entries.filter(({ path, type }) => type === 'file' && !own.has(path)).map(({ path }) => path),
    ['etc/protocols', 'usr/lib/x86_64-linux-gnu/libc.so.6', 'usr/sbin/nft'],
  );
});

test('a merged /usr, the links that installing makes, and a record of the packages', (t) => {
  const entries = packageEntries(
    [file('usr/sbin/xtables-nft-multi')],
    { '/usr/sbin/xtables-nft-multi': ['/usr/sbin/iptables', '/usr/bin/iptables'] },
    new Map([['iptables', '1.8.11-2']]),
  );
  const target = (path: string): string | undefined => {
    const entry = named(entries, path);
    return entry?.type === 'symlink' ? entry.target : undefined;
  };
  t.is(target('bin'), 'usr/bin');
  t.is(target('usr/sbin/iptables'), 'xtables-nft-multi');
  t.is(target('usr/bin/iptables'), '../sbin/xtables-nft-multi');
  const record = named(entries, 'var/lib/dpkg/status.d/iptables');
  if (record?.type !== 'file' || !Buffer.isBuffer(record.content)) return t.fail('no record');
  return t.true(record.content.includes('Version: 1.8.11-2\n'));
});

test('every entry comes after the directory that holds it', (t) => {
  const entries = packageEntries(
    [file('usr/bin/a'), file('usr/bin/a-b'), file('usr/bin/a.d/c')],
    {},
    new Map(),
  );
  const seen = new Set<string>();
  for (const { path } of entries) {
    const parent = path.replace(/\/?[^/]+$/, '');
    t.true(parent === '' || seen.has(parent), path);
    seen.add(path);
  }
  t.is(seen.size, entries.length);
});

test('tags', (t) => {
  t.is(tagOf('registry.k8s.io/coredns/coredns:v1.14.2'), 'v1.14.2');
  t.is(tagOf('localhost:5000/a/b:1'), '1');
});
