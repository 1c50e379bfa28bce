import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { OVERLAP } from '../../../../gocli-ts/src/provision/seal/rules.ts';
import { scanTree, windows } from '../../../../gocli-ts/src/provision/seal/scan.ts';
import { temporaryFolder } from '../_bench.ts';

const facts = { mirrors: [], hostname: 'builder' };
const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'b3Bl'.repeat(17)}\n`;
const signal = new AbortController().signal;

test('a planted key is found, however deep and however late in a file', async (t) => {
  const tree = await temporaryFolder(t);
  await mkdir(join(tree, 'opt/app/conf'), { recursive: true });
  await writeFile(join(tree, 'opt/app/clean'), 'nothing');
  // The key lies across the border of two chunks.
  await writeFile(
    join(tree, 'opt/app/conf/blob'),
    Buffer.concat([Buffer.alloc(1024 ** 2 - 20), Buffer.from(KEY)]),
  );
  await symlink('/etc/shadow', join(tree, 'opt/link'));
  const { files, finds } = await scanTree(tree, facts, signal);
  t.is(files, 2);
  t.deepEqual(finds, [{ path: '/opt/app/conf/blob', what: 'private key' }]);
});

test('what a machine was told of a proxy is found in a long file, too', async (t) => {
  const tree = await temporaryFolder(t);
  await mkdir(join(tree, 'etc'));
  await writeFile(join(tree, 'etc/environment'), `# gocli: begin\nNO_PROXY=${'a.example,'.repeat(300)}\n`);
  t.deepEqual((await scanTree(tree, facts, signal)).finds, [
    { path: '/etc/environment', what: 'proxy of the building machine' },
  ]);
});

test('a file that is just as a Debian package brought it is public, and no longer when it was changed', async (t) => {
  const tree = await temporaryFolder(t);
  const library = join(tree, 'usr/lib/libgnutls.so.30');
  await mkdir(join(tree, 'usr/lib'), { recursive: true });
  await mkdir(join(tree, 'var/lib/dpkg/info'), { recursive: true });
  await writeFile(library, KEY);
  const md5 = createHash('md5').update(KEY).digest('hex');
  await writeFile(join(tree, 'var/lib/dpkg/info/libgnutls30.md5sums'), `${md5}  usr/lib/libgnutls.so.30\n`);
  t.deepEqual((await scanTree(tree, facts, signal)).finds, []);
  await writeFile(library, `${KEY}more`);
  t.is((await scanTree(tree, facts, signal)).finds.length, 1);
});

test('programs made by Go are told by the mark of its linker', async (t) => {
  const tree = await temporaryFolder(t);
  const mark = Buffer.from('\x7fELF....\xff Go buildinf:', 'latin1');
  await writeFile(join(tree, 'program'), mark, { mode: 0o755 });
  await writeFile(join(tree, 'data'), mark, { mode: 0o644 });
  t.deepEqual((await scanTree(tree, facts, signal)).goPrograms, ['program']);
});

test('windows show every part of a stream that is no longer than the overlap in one piece', async (t) => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.nat(), fc.integer({ min: 1, max: OVERLAP }), async (parts, at, length) => {
      const whole = Buffer.concat(parts);
      const start = whole.length === 0 ? 0 : at % whole.length;
      const wanted = whole.subarray(start, start + length);
      async function* source(): AsyncGenerator<Buffer> {
        for (const part of parts) yield await Promise.resolve(Buffer.from(part));
      }
      let seen = wanted.length === 0;
      for await (const window of windows(source())) seen ||= window.includes(wanted);
      t.true(seen);
    }),
  );
});
