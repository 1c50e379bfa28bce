import test from 'ava';
import { rawWords } from '../../../gocli-ts/src/cli/raw-words.ts';
import { bytesOf, isRaw, textOf, visible } from '../../../gocli-ts/src/shared/raw-names.ts';

const line = (...words: (string | number[])[]): (() => Buffer) => {
  const bytes = words.map((one) => Buffer.concat([Buffer.from(one), Buffer.of(0)]));
  return () => Buffer.concat(bytes);
};

test('any bytes are text, and bytes again', (t) => {
  for (let first = 0; first < 256; first += 1)
    for (const rest of [[], [0x80], [0xbf, 0x61], [0x9f, 0x98, 0x80], [0xff]]) {
      const bytes = Buffer.from([0x61, first, ...rest]);
      t.deepEqual(bytesOf(textOf(bytes)), bytes);
    }
  t.is(textOf(Buffer.from('ü😀')), 'ü😀');
  t.false(isRaw('ü😀'));
  t.true(isRaw(textOf(Buffer.of(0xff))));
  t.is(visible(textOf(Buffer.from([0x61, 0xff, 0x1b]))), 'a\\xff\\x1b');
});

test('a word that node could not decode is what was typed', (t) => {
  t.deepEqual(rawWords(['a', 'b'], line()), ['a', 'b']);
  const typed = line('node', 'gocli', 'scp', [0x61, 0xff], 'node01:');
  t.deepEqual(bytesOf(rawWords(['a\uFFFD', 'node01:'], typed)[0] ?? ''), Buffer.of(0x61, 0xff));
  t.deepEqual(rawWords(['\uFFFD'], line('\uFFFD')), ['\uFFFD']);
  for (const unclear of [line(), line([0x61, 0xff], [0x61, 0xfe])])
    t.throws(() => rawWords(['a\uFFFD'], unclear), { code: 'USAGE', message: /no UTF-8/ });
});
