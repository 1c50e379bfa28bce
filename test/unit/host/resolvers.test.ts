import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { resolverAddresses, resolverFile } from '../../../gocli-ts/src/host/resolvers.ts';

test('the file whose resolvers a container can ask is the one that is followed', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'gocli-resolvers-'));
  t.teardown(() => rm(root, { recursive: true }));
  const [etc, usual, resolved] = [
    join(root, 'etc'),
    join(root, 'etc/resolv.conf'),
    join(root, 'run/systemd/resolve'),
  ];
  await mkdir(etc);
  t.is(resolverFile(root), undefined);
  t.deepEqual(resolverAddresses(root), []);

  await writeFile(usual, '# made by hand\nnameserver 10.0.0.1\nnameserver 127.0.0.1\n');
  t.deepEqual(resolverFile(root), { shown: usual, file: '' }, 'no container is to see all of /etc');
  t.deepEqual(resolverAddresses(root), ['10.0.0.1']);

  await writeFile(usual, '# no network yet\n');
  t.deepEqual(resolverFile(root), { shown: usual, file: '' });

  await writeFile(usual, 'nameserver 127.0.0.53\n');
  t.is(resolverFile(root), undefined, 'nobody else is known');

  await mkdir(resolved, { recursive: true });
  await writeFile(join(resolved, 'stub-resolv.conf'), 'nameserver 127.0.0.53\n');
  await writeFile(join(resolved, 'resolv.conf'), 'nameserver 10.0.0.2\n');
  t.deepEqual(resolverFile(root), { shown: resolved, file: 'resolv.conf' });
  t.deepEqual(resolverAddresses(root), ['10.0.0.2']);
  await rm(usual);
  await symlink('../run/systemd/resolve/stub-resolv.conf', usual);
  t.deepEqual(resolverFile(root), { shown: resolved, file: 'resolv.conf' });

  await mkdir(join(etc, 'docker'));
  const snap = join(root, 'var/snap/docker/current/config');
  await mkdir(snap, { recursive: true });
  for (const file of [join(etc, 'docker/daemon.json'), join(snap, 'daemon.json')]) {
    await writeFile(file, '{ "dns": ["10.0.0.9"] }');
    t.is(resolverFile(root), undefined, 'the daemon was told others');
    for (const text of ['{ "dns": [], "log-opts": {} }', '{', '[]', 'null', '{ "dns-opts": ["ndots:1"] }']) {
      await writeFile(file, text);
      t.deepEqual(resolverFile(root), { shown: resolved, file: 'resolv.conf' }, text);
    }
  }

  // No folder that has all of the system's sockets is given to a container.
  await rm(usual);
  await writeFile(join(root, 'run/resolv.conf'), 'nameserver 10.0.0.4\n');
  await symlink('../run/resolv.conf', usual);
  t.deepEqual(resolverFile(root), { shown: join(root, 'run/resolv.conf'), file: '' }, 'nor of /run');
  t.deepEqual(resolverAddresses(root), ['10.0.0.4']);

  // NetworkManager and resolvconf.
  await rm(usual);
  await mkdir(join(root, 'run/manager'));
  await writeFile(join(root, 'run/manager/servers'), 'nameserver 10.0.0.3\n');
  await symlink('../run/manager/servers', usual);
  t.deepEqual(resolverFile(root), { shown: join(root, 'run/manager'), file: 'servers' });

  // NetworkManager beside a plain file, which it replaces.
  await rm(usual);
  await writeFile(usual, 'search x\nnameserver 10.0.0.5\n');
  const managed = join(root, 'run/NetworkManager');
  await mkdir(managed);
  for (const [servers, found] of [
    ['10.0.0.5', { shown: managed, file: 'resolv.conf' }],
    ['10.0.0.6', { shown: usual, file: '' }],
  ] as const) {
    await writeFile(join(managed, 'resolv.conf'), `nameserver ${servers}\n`);
    t.deepEqual(resolverFile(root), found);
    t.deepEqual(resolverAddresses(root), ['10.0.0.5']);
  }
});

test('no folder is shown to a container that may have more than resolvers', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'gocli-resolvers-'));
  t.teardown(() => rm(root, { recursive: true }));
  const usual = join(root, 'etc/resolv.conf');
  await mkdir(join(root, 'etc'));
  // WSL, somebody's home, a user's own folder below /run, one of /etc.
  for (const folder of [
    'mnt/wsl',
    'home/u/dns',
    'run/user/1000',
    'etc/resolver',
    'srv',
    'run/systemd/other',
  ]) {
    await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, folder, 'resolv.conf'), 'nameserver 10.0.0.1\n');
    await rm(usual, { force: true });
    await symlink(join(root, folder, 'resolv.conf'), usual);
    t.deepEqual(resolverFile(root), { shown: join(root, folder, 'resolv.conf'), file: '' }, folder);
    t.deepEqual(resolverAddresses(root), ['10.0.0.1'], folder);
  }
});
