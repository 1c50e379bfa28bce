import test from 'ava';
import fc from 'fast-check';
import { formatBytes, parseSize } from '../../../gocli-ts/src/shared/size.ts';

test('sizes are binary, whichever way the unit is written', (t) => {
  for (const text of ['3G', '3Gi', '3GiB', '3GB', '3072M', '3145728K', '3221225472', '3221225472B']) {
    t.is(parseSize(text, '--memory'), 3 * 1024 ** 3, text);
  }
  t.is(parseSize('1T', '--memory'), 1024 ** 4);
});

test('sizes as docker writes them, in small letters, are the same', (t) => {
  for (const text of ['4g', '4gb', '4GiB', '4gib', '4096m', '4194304k', '4294967296b'])
    t.is(parseSize(text, '--memory'), 4 * 1024 ** 3, text);
});

test('what is no size is refused with the name and the value', (t) => {
  for (const text of [
    '5G0',
    '',
    '0',
    '0G',
    '-1G',
    '1.5G',
    '3x',
    ' 3G',
    '3G ',
    '3iB',
    '3i',
    'G',
    '1e3',
    '999999999999999T',
  ]) {
    t.throws(
      () => parseSize(text, '--memory'),
      { code: 'BAD_VALUE', message: new RegExp(`--memory: "${text}"`) },
      text,
    );
  }
});

test('any text gives a positive whole number or BAD_VALUE', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,16}[KMGTkmgti]?[Bb]?$/)), (text) => {
      try {
        const bytes = parseSize(text, 'size');
        return Number.isSafeInteger(bytes) && bytes > 0;
      } catch (error) {
        return (error as { code?: string }).code === 'BAD_VALUE';
      }
    }),
  );
  t.pass();
});

test('bytes for people', (t) => {
  t.is(formatBytes(0), '0 B');
  t.is(formatBytes(1023), '1023 B');
  t.is(formatBytes(1.4 * 1024 ** 3), '1.4 GiB');
  t.is(formatBytes(312 * 1024 ** 2), '312 MiB');
  t.is(formatBytes(5000 * 1024 ** 4), '5000 TiB');
});
