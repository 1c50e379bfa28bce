import test from 'ava';
import fc from 'fast-check';
import { kernelArgs } from '../../../../gocli-ts/src/rig/options/kernel-args.ts';
import { stateOf } from '../../../helpers/engine.ts';

const read = (input: string | string[]) => kernelArgs.read(input, '--kernel-args');

test('words of one flag or several go behind those of the provider', (t) => {
  const plan = { ...stateOf().plan.guest, kernelArgs: ['quiet'] };
  const value = read(['debug  nosmt', 'dyndbg="file ec.c +p" hugepages=64']);
  t.deepEqual(kernelArgs.guest(value, plan), {
    kernelArgs: ['quiet', 'debug', 'nosmt', 'dyndbg="file ec.c +p"', 'hugepages=64'],
  });
});

test('what the kernel would not read as it was meant is refused with the flag', (t) => {
  for (const bad of ['', '  ', 'a\nb', 'ä', 'open="', 'a\0', 'x'.repeat(1025)])
    t.throws(() => read(bad), { code: 'BAD_VALUE', message: /^--kernel-args: / }, JSON.stringify(bad));
});

test('whatever is accepted is what was written, blanks aside', (t) => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 200 }), (text) => {
      let words: readonly string[];
      try {
        words = read(text);
      } catch {
        return;
      }
      t.is(words.join(' ').replaceAll(/\s+/g, ' '), text.trim().replaceAll(/\s+/g, ' '));
      t.true(words.every((word) => /^[\x20-\x7e]+$/.test(word)));
    }),
  );
});
