import test from 'ava';
import { isArchive, withoutKindsWord } from '../../../gocli-ts/src/cli/image-actions.ts';

test('what is an archive, and what the name of an image', (t) => {
  for (const word of ['-', './foo', '/tmp/foo', '../foo', 'foo.tar', 'foo.tar.gz', 'foo.tgz', 'foo.oci'])
    t.true(isArchive(word), word);
  for (const word of ['foo', 'foo:1', 'registry.example/foo:1', 'foo@sha256:0'])
    t.false(isArchive(word), word);
});

test("kind's words before images are passed over, and an image of that name is one", (t) => {
  t.deepEqual(withoutKindsWord(['docker-image', 'a:1', 'b:1']), ['a:1', 'b:1']);
  t.deepEqual(withoutKindsWord(['image-archive', 'a.tar']), ['a.tar']);
  t.deepEqual(withoutKindsWord(['docker-image']), ['docker-image']);
  t.deepEqual(withoutKindsWord(['a', 'docker-image']), ['a', 'docker-image']);
});
