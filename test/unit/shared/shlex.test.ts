import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import { join as shellJoin, quote } from 'shlex';

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
      const script = `for word in ${shellJoin(words)}; do printf '%s\\0' "$word"; done`;
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
    shellJoin(['kubeadm', 'init', '--config=/etc/kubernetes/gocli.yaml']),
    'kubeadm init --config=/etc/kubernetes/gocli.yaml',
  );
  t.is(quote(''), "''");
});
