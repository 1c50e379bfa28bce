import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import test from 'ava';
import { pack } from 'tar-stream';
import { Readable } from 'node:stream';
import { firstFile, packFiles } from '../../../../gocli-ts/src/place/docker/archive.ts';
import { demultiplex } from '../../../../gocli-ts/src/place/docker/containers.ts';
import { splitReference } from '../../../../gocli-ts/src/place/docker/images.ts';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { unpack } from '../../../fakes/docker-data.ts';

test('files are packed with their modes, equal files to equal bytes', async (t) => {
  const files = [
    { path: 'a/b', content: 'text', mode: 0o600 },
    { path: 'c', content: Buffer.alloc(1000, 1) },
  ];
  const [one, other] = await Promise.all([buffer(packFiles(files)), buffer(packFiles(files))]);
  t.deepEqual(one, other);
  t.deepEqual(
    (await unpack(Readable.from([one]))).map(({ path, mode }) => [path, mode]),
    [
      ['a/b', 0o600],
      ['c', 0o644],
    ],
  );
});

test('a file is read, a folder is not', async (t) => {
  t.is((await firstFile(packFiles([{ path: 'a', content: 'text' }]), 'a')).toString(), 'text');
  const folder = pack();
  folder.entry({ name: 'd/', type: 'directory' });
  folder.entry({ name: 'd/a' }, 'text');
  folder.finalize();
  const error = await t.throwsAsync(firstFile(Readable.from(folder), '/x/d'));
  t.true(isCode(error, 'NOT_FOUND') && error.message.includes('/x/d'));
});

test('the frames of a log are put together', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (parts) => {
      const frames = parts.map((part, index) => {
        const header = Buffer.from([1 + (index % 2), 0, 0, 0, 0, 0, 0, 0]);
        header.writeUInt32BE(Buffer.byteLength(part), 4);
        return Buffer.concat([header, Buffer.from(part)]);
      });
      t.is(demultiplex(Buffer.concat(frames)), parts.join(''));
    }),
  );
});

test('a reference is split at the colon of its tag', (t) => {
  t.deepEqual(splitReference('gocli/k8s-1.36:v1'), { repo: 'gocli/k8s-1.36', tag: 'v1' });
  t.deepEqual(splitReference('localhost:5000/a/b'), { repo: 'localhost:5000/a/b', tag: 'latest' });
  t.deepEqual(splitReference('localhost:5000/a/b:2'), { repo: 'localhost:5000/a/b', tag: '2' });
  t.deepEqual(splitReference('a'), { repo: 'a', tag: 'latest' });
});
