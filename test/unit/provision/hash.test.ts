import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { changedInputs, digestInputs, stepKey } from '../../../gocli-ts/src/provision/hash.ts';
import { temporaryFolder } from './_bench.ts';

test('a digest depends on path below the root, content and the executable bit, not on where the checkout is', async (t) => {
  const roots = [await temporaryFolder(t), await temporaryFolder(t)];
  for (const root of roots) {
    await mkdir(join(root, 'files/etc'), { recursive: true });
    await writeFile(join(root, 'files/etc/a'), 'content');
    await symlink('a', join(root, 'files/etc/link'));
  }
  const digest = (root: string) => digestInputs({ values: { v: '1' }, files: [join(root, 'files')] }, root);
  const [here = '', there = ''] = roots;
  t.deepEqual(Object.keys(await digest(here)), ['file:files/etc/a', 'file:files/etc/link', 'value:v']);
  t.deepEqual(await digest(here), await digest(there));
  await chmod(join(there, 'files/etc/a'), 0o664);
  t.deepEqual(await digest(here), await digest(there), 'group bits come from the umask of a checkout');
  await chmod(join(there, 'files/etc/a'), 0o755);
  t.deepEqual(changedInputs(await digest(here), await digest(there)), ['files/etc/a']);
});

test('a missing input file is named', async (t) => {
  const root = await temporaryFolder(t);
  await t.throwsAsync(digestInputs({ values: {}, files: [join(root, 'gone')] }, root), {
    message: /gone is missing/,
  });
});

test('the key does not depend on the order of the inputs, and on everything else', (t) => {
  const inputs = fc.dictionary(fc.string(), fc.string());
  fc.assert(
    fc.property(inputs, (digests) => {
      const reversed = Object.fromEntries(Object.entries(digests).reverse());
      return (
        stepKey('disk', digests) === stepKey('disk', reversed) &&
        stepKey('disk', digests) !== stepKey('vm', digests)
      );
    }),
  );
  t.not(stepKey('disk', { a: '1' }), stepKey('disk', { a: '2' }));
});

test('changed inputs are those added, removed or different', (t) => {
  t.deepEqual(changedInputs({ 'file:a': '1', 'file:b': '1' }, { 'file:b': '2', 'need:c': '1' }), [
    'a',
    'b',
    'c',
  ]);
});
