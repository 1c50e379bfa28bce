import test from 'ava';
import { openManifest, sealManifest } from '../../../gocli-ts/src/frozen/manifest.ts';
import { manifestOf } from './frozen.ts';

test('a manifest is read as it was written', (t) => {
  const manifest = manifestOf({ about: { guest: { provider: 'k8s-1.36' } } });
  const { text, sha256 } = sealManifest(manifest);
  t.deepEqual(openManifest(text, sha256), manifest);
});

test('what is wrong with a manifest is said', (t) => {
  const { text, sha256 } = sealManifest(manifestOf());
  t.is(openManifest(undefined, sha256), 'it has no manifest');
  t.is(openManifest(text, undefined), 'it has no manifest');
  t.is(openManifest(text.replace('tcg', 'kvm'), sha256), 'its manifest is damaged');
  const other = sealManifest({ ...manifestOf(), format: 2 as 1 });
  t.is(openManifest(other.text, other.sha256), 'its manifest is of another version of gocli');
});
