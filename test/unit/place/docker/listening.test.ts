import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { listeningPaths, listensHere } from '../../../../gocli-ts/src/place/docker/listening.ts';

test('of all sockets those with a file take connections that say so', (t) => {
  const text = `Num       RefCount Protocol Flags    Type St Inode Path
000000002e2b6653: 00000002 00000000 00000000 0001 03 500740 /tmp/other.sock
0000000081bbe4d1: 00000002 00000000 00010000 0001 01  7878 /var/run/docker.sock
0000000015c3c792: 00000002 00000000 00010000 0001 01 495350 /a folder/docker.sock
00000000133cd229: 00000002 00000000 00010000 0001 01 12345 @/abstract
00000000f81b94ec: 00000003 00000000 00000000 0001 03 484265
`;
  t.deepEqual(listeningPaths(text), ['/var/run/docker.sock', '/a folder/docker.sock']);
});

test('a socket is here while somebody here listens at it, by whatever path', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-listening-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const socket = join(folder, 'a.sock');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  await symlink(socket, join(folder, 'link.sock'));
  t.true(await listensHere(socket));
  t.true(await listensHere(join(folder, 'link.sock')));
  t.false(await listensHere(folder));
  server.close();
  t.false(await listensHere(socket));
});
