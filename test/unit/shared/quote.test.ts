import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import { quote, quoteAll, splitWords } from '../../../gocli-ts/src/shared/quote.ts';

const word = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', "'", '"', '$HOME', '`id`', '\\', '*', '~', 'a\nb', '-n', '!', 'a b', "it's", '#x'),
);

test('a POSIX shell hands on exactly the words that were quoted', (t) => {
  // NUL cannot be in an argument of any program.
  const argv = fc.array(
    word.filter((text) => !text.includes('\0')),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(argv, (words) => {
      const script = `for word in ${quoteAll(words)}; do printf '%s\\0' "$word"; done`;
      const output = execFileSync('sh', ['-c', script]).toString('utf8');
      t.deepEqual(
        output.split('\0').slice(0, -1),
        words.map((text) => Buffer.from(text).toString('utf8')),
      );
    }),
    { numRuns: 60 },
  );
});

test('plain words stay readable', (t) => {
  t.is(
    quoteAll(['kubeadm', 'init', '--config=/etc/kubernetes/gocli.yaml']),
    'kubeadm init --config=/etc/kubernetes/gocli.yaml',
  );
  t.is(quote(''), "''");
});

test('words are split as a shell splits them', (t) => {
  const parts = fc.constantFrom("'", '"', '\\', ' ', '\t', '\n', 'a', 'n', '#', "'a b'", '"x y"', `"'"`);
  // What a shell would expand, or do, is not in it; a comment begins with the word.
  const line = fc.array(parts, { maxLength: 10 }).map((all) => all.join('').replace(/#/g, 'a#'));
  fc.assert(
    fc.property(line, (text) => {
      const script = `set -f\nfor word in ${text.replaceAll(/(?<!\\)\n/g, ' ')}\ndo printf '%s\\0' "$word"; done`;
      let expected: string[];
      try {
        expected = execFileSync('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] })
          .toString('utf8')
          .split('\0')
          .slice(0, -1);
      } catch {
        return;
      }
      t.deepEqual(splitWords(text.replaceAll(/(?<!\\)\n/g, ' ')), expected);
    }),
    { numRuns: 200 },
  );
});

test('a quote that is not closed is no word', (t) => {
  for (const line of [`'a`, `b "a`, 'a\\']) t.throws(() => splitWords(line), { message: /not closed/ });
});
