import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { pack } from 'tar-stream';
import { packTree, readTree, type TreeEntry } from '../../../gocli-ts/src/place/tree.ts';
import { isCode } from '../../../gocli-ts/src/errors/error.ts';

const tree: TreeEntry[] = [
  { path: 'usr', mode: 0o755, type: 'directory' },
  { path: 'usr/bin/[', mode: 0o755, type: 'file', content: Buffer.from('program') },
  { path: `usr/${'long/'.repeat(40)}name`, mode: 0o4755, type: 'file', content: Buffer.alloc(0) },
  { path: 'bin', mode: 0o777, type: 'symlink', target: 'usr/bin' },
];

test('what was packed is read again', async (t) => {
  t.deepEqual(await readTree(packTree(tree)), tree);
});

test('equal trees give equal archives', async (t) => {
  t.deepEqual(await buffer(packTree(tree)), await buffer(packTree(tree)));
});

test('files of the host are streamed in', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-tree-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const content = Buffer.alloc(300_000, 'x');
  await writeFile(join(folder, 'big'), content);
  const file = { path: 'big', mode: 0o755, type: 'file' } as const;
  const read = await readTree(
    packTree([{ ...file, content: { path: join(folder, 'big'), size: content.length } }]),
  );
  t.deepEqual(read, [{ ...file, content }]);
});

test('a file that cannot be read fails the archive', async (t) => {
  const entry: TreeEntry = { path: 'x', mode: 0o644, type: 'file', content: { path: '/nowhere/x', size: 1 } };
  await t.throwsAsync(buffer(packTree([entry])), { code: 'ENOENT' });
});

test('a tar that breaks off fails the reading', async (t) => {
  const whole = await buffer(packTree(tree));
  await t.throwsAsync(readTree(Readable.from([whole.subarray(0, 700)])));
});

test('device nodes are left out, a leading ./ too, and a hard link is refused', async (t) => {
  const devices = pack();
  devices.entry({ name: './dev/null', type: 'character-device', devmajor: 1, devminor: 3 });
  devices.entry({ name: './etc/', type: 'directory', mode: 0o755 });
  devices.finalize();
  t.deepEqual(await readTree(Readable.from(devices)), [{ path: 'etc', mode: 0o755, type: 'directory' }]);

  const links = pack();
  links.entry({ name: 'b', type: 'link', linkname: 'a' });
  links.finalize();
  const error = await t.throwsAsync(readTree(Readable.from(links)));
  t.true(isCode(error, 'INTERNAL'));
});
