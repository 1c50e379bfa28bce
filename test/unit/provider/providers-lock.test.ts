import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { GocliError, isCode } from '../../../gocli-ts/src/errors/error.ts';
import {
  parsePublished,
  publishedFile,
  readPublished,
  rememberPublished,
  renderPublished,
  type PublishedProvider,
} from '../../../gocli-ts/src/provider/providers-lock.ts';

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length.toFixed(0)}}$`));
const digest = hex(64).map((text) => `sha256:${text}`);

const one: fc.Arbitrary<PublishedProvider> = fc.record({
  provider: fc.stringMatching(/^[a-z][a-z0-9]{0,8}-1\.[0-9]{1,2}$/),
  repository: fc.stringMatching(/^[a-z]{1,9}\.example(:[0-9]{1,4})?\/[a-z]{1,9}(\/[a-z]{1,9})?$/),
  tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
  digest,
  config: digest,
  recipe: fc.oneof(fc.constant('-'), hex(64)),
});

test('what is written is read, whatever order it was in', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(one, { selector: ({ provider }) => provider, maxLength: 5 }), (all) => {
      const text = renderPublished(all);
      const read = Object.fromEntries(parsePublished(text, 'f'));
      t.deepEqual(read, Object.fromEntries(all.map((each) => [each.provider, each])));
      t.is(renderPublished([...all].reverse()), text);
    }),
  );
});

test('anything else is an error with its line, and no other', (t) => {
  const right = renderPublished(fc.sample(one, { numRuns: 1, seed: 1 }));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, at) => {
      const cut = at % right.length;
      for (const broken of [text, right.slice(0, cut) + text + right.slice(cut)]) {
        try {
          for (const found of parsePublished(broken, 'f').values()) {
            t.regex(found.digest, /^sha256:[0-9a-f]{64}$/);
            t.regex(found.repository, /^[\w.:[\]/-]+$/);
          }
        } catch (error) {
          t.true(error instanceof GocliError && /^f:\d+: /.test(error.message), String(error));
        }
      }
    }),
  );
});

test('two lines of one provider are an error', (t) => {
  const [each] = fc.sample(one, { numRuns: 1, seed: 2 });
  if (each === undefined) throw new Error('no sample');
  const error = t.throws(() => parsePublished(renderPublished([each, { ...each, tag: 'other' }]), 'f'));
  t.true(isCode(error, 'BAD_FILE'));
  t.regex(error.message, /a second /);
});

test('an image takes the place of the one of its provider, and no other', async (t) => {
  const checkout = await mkdtemp(join(tmpdir(), 'gocli-published-'));
  t.teardown(() => rm(checkout, { recursive: true, force: true }));
  t.is((await readPublished(checkout)).size, 0);
  const [first, second] = fc.sample(one, { numRuns: 2, seed: 3 });
  if (first === undefined || second === undefined) throw new Error('no sample');
  const [a, b] = [
    { ...first, provider: 'a' },
    { ...second, provider: 'b' },
  ];
  await rememberPublished(checkout, b);
  await rememberPublished(checkout, a);
  await rememberPublished(checkout, { ...b, tag: 'later' });
  t.deepEqual([...(await readPublished(checkout)).values()], [a, { ...b, tag: 'later' }]);
  t.regex(await readFile(publishedFile(checkout), 'utf8'), /^# /);
});
