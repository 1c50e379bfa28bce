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
  t.is(resolverFile(root), undefined, 'no container is to see all of /etc');
  t.deepEqual(resolverAddresses(root), ['10.0.0.1']);

  await writeFile(usual, 'nameserver 127.0.0.53\n');
  t.is(resolverFile(root), undefined, 'nobody else is known');

  await mkdir(resolved, { recursive: true });
  await writeFile(join(resolved, 'stub-resolv.conf'), 'nameserver 127.0.0.53\n');
  await writeFile(join(resolved, 'resolv.conf'), 'nameserver 10.0.0.2\n');
  t.deepEqual(resolverFile(root), { folder: resolved, file: 'resolv.conf' });
  t.deepEqual(resolverAddresses(root), ['10.0.0.2']);
  await rm(usual);
  await symlink('../run/systemd/resolve/stub-resolv.conf', usual);
  t.deepEqual(resolverFile(root), { folder: resolved, file: 'resolv.conf' });

  await mkdir(join(etc, 'docker'));
  await writeFile(join(etc, 'docker/daemon.json'), '{ "dns": ["10.0.0.9"] }');
  t.is(resolverFile(root), undefined, 'the daemon was told others');
  await rm(join(etc, 'docker'), { recursive: true });

  // No folder that has all of the system's sockets is given to a container.
  await rm(usual);
  await writeFile(join(root, 'run/resolv.conf'), 'nameserver 10.0.0.4\n');
  await symlink('../run/resolv.conf', usual);
  t.is(resolverFile(root), undefined, '/run');
  t.deepEqual(resolverAddresses(root), ['10.0.0.4']);

  // NetworkManager and resolvconf.
  await rm(usual);
  await mkdir(join(root, 'run/manager'));
  await writeFile(join(root, 'run/manager/servers'), 'nameserver 10.0.0.3\n');
  await symlink('../run/manager/servers', usual);
  t.deepEqual(resolverFile(root), { folder: join(root, 'run/manager'), file: 'servers' });
});
