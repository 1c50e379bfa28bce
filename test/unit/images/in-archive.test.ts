import test from 'ava';
import fc from 'fast-check';
import { setMaxListeners } from 'node:events';
import { gzipSync } from 'node:zlib';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { archivedFiles } from '../../../gocli-ts/src/images/archive.ts';
import type { LoadableImage } from '../../../gocli-ts/src/images/loadable-image.ts';
import { imagesIn } from '../../../gocli-ts/src/images/in-archive.ts';
import {
  AMD64,
  ARM64,
  blob,
  config,
  digestOf,
  dockerEntries,
  layer,
  ociImage,
  ociIndex,
  ociLayout,
  sourceOf,
  tar,
  type Entry,
} from '../../helpers/image-archives.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);
const LOWER = await layer('lower');
const UPPER = await layer('upper');

async function read(entries: readonly Entry[] | Buffer, form?: 'docker'): Promise<LoadableImage[]> {
  const source = sourceOf(Buffer.isBuffer(entries) ? entries : await tar(entries));
  return imagesIn(await archivedFiles(source, never), source.name, form);
}

/** Digests of the layers that its manifest says. */
function layersOf(image: LoadableImage | undefined): { mediaType: string; digest: string; size: number }[] {
  return (
    JSON.parse(image?.manifest.content.toString() ?? '') as {
      layers: { mediaType: string; digest: string; size: number }[];
    }
  ).layers;
}

test('an archive of docker gets a manifest, whose layers are known by their content', async (t) => {
  const [image] = await read(dockerEntries([LOWER, UPPER], ['foo:1', 'registry.example/team/foo:2']));
  t.deepEqual(image?.names, ['docker.io/library/foo:1', 'registry.example/team/foo:2']);
  t.deepEqual(
    layersOf(image).map(({ mediaType, digest, size }) => [mediaType, digest, size]),
    [LOWER, UPPER].map((one) => ['application/vnd.oci.image.layer.v1.tar', digestOf(one), one.length]),
  );
  t.is(image?.manifest.digest, digestOf(image?.manifest.content ?? ''));
  t.deepEqual(
    image?.blobs.map(({ digest }) => digest),
    [digestOf(config([LOWER, UPPER])), digestOf(LOWER), digestOf(UPPER)],
  );
});

test('layers of an archive of docker may be compressed, and links to others', async (t) => {
  const about = config([LOWER, UPPER, LOWER]);
  const zipped = gzipSync(LOWER);
  const zstd = Buffer.concat([Buffer.from('28b52ffd', 'hex'), UPPER]);
  const list = [{ Config: 'c.json', RepoTags: ['foo'], Layers: ['a.tar.gz', 'b.tar.zst', 'x/layer.tar'] }];
  const [image] = await read([
    ['c.json', about],
    ['./a.tar.gz', zipped],
    ['b.tar.zst', zstd],
    ['x/layer.tar', '', { type: 'symlink', linkname: '../a.tar.gz' }],
    ['manifest.json', JSON.stringify(list)],
  ]);
  t.deepEqual(
    layersOf(image).map(({ mediaType, digest }) => [mediaType.split('+')[1], digest]),
    [
      ['gzip', digestOf(zipped)],
      ['zstd', digestOf(zstd)],
      ['gzip', digestOf(zipped)],
    ],
  );
});

test('an OCI layout keeps its manifest, and of several platforms the right one is taken', async (t) => {
  const ours = ociImage([LOWER]);
  const attestation = {
    ...ociImage([UPPER]).descriptor,
    platform: { os: 'unknown', architecture: 'unknown' },
  };
  const index = ociIndex([{ entries: [], descriptor: attestation }, ociImage([UPPER], ARM64), ours]);
  for (const entries of [ociLayout([index]), ociLayout([ociImage([UPPER], ARM64), ours])]) {
    const images = await read(entries);
    t.is(images.length, 1);
    t.deepEqual(images[0]?.names, ['docker.io/library/foo:1']);
    t.is(images[0]?.manifest.digest, ours.descriptor.digest);
  }
});

test('other platforms need not be whole', async (t) => {
  const other = { entries: [], descriptor: ociImage([UPPER], ARM64).descriptor };
  t.is((await read(ociLayout([ociIndex([other, ociImage([LOWER])])]))).length, 1);
});

test('an archive that has both forms is read as the one that is preferred', async (t) => {
  const both = [...ociLayout([ociImage([LOWER])], 'foo:oci'), ...dockerEntries([LOWER], ['foo:docker'])];
  t.deepEqual((await read(both))[0]?.names, ['docker.io/library/foo:oci']);
  t.deepEqual((await read(both, 'docker'))[0]?.names, ['docker.io/library/foo:docker']);
});

test('names: a tag alone is none, and one image may have several', async (t) => {
  t.deepEqual((await read(ociLayout([ociImage([LOWER])], 'latest')))[0]?.names, []);
  t.deepEqual((await read(dockerEntries([LOWER], null)))[0]?.names, []);
  const one = ociImage([LOWER]);
  const named = (name: string) => ({
    ...one.descriptor,
    annotations: { 'org.opencontainers.image.ref.name': name },
  });
  const manifests = [named('a:1'), named('b:1')];
  const images = await read([...one.entries, ['index.json', JSON.stringify({ manifests })]]);
  t.deepEqual(
    images.map(({ names }) => names),
    [['docker.io/library/a:1', 'docker.io/library/b:1']],
  );
});

const ociOf = (manifests: unknown, ...entries: readonly Entry[]): Entry[] => [
  ...entries,
  ['index.json', JSON.stringify({ manifests })],
];

const whole = await tar(dockerEntries([LOWER, UPPER]));
const BAD: readonly [what: string, archive: readonly Entry[] | Buffer, message: RegExp][] = [
  ['no archive', Buffer.from('#!/bin/sh\n'.repeat(100)), /archive is no tar archive/],
  ['nothing in it', await tar([]), /holds no images: it has neither manifest\.json nor index\.json/],
  ['broken off in a header', whole.subarray(0, 700), /is no tar archive, or is truncated/],
  ['broken off in a layer', whole.subarray(0, 2100), /is no tar archive, or is truncated/],
  ['broken off between entries', whole.subarray(0, 1024), /holds no images/],
  [
    'an entry that leads out',
    [['../../etc/cron.d/x', 'x']],
    /leads out of it: "\.\.\/\.\.\/etc\/cron\.d\/x"/,
  ],
  ['an entry from the root', [['/etc/passwd', 'x']], /leads out of it/],
  [
    'a link that leads out',
    [['a/layer.tar', '', { type: 'symlink', linkname: '../../../etc/shadow' }]],
    /leads out of it/,
  ],
  ['a hard link that leads out', [['a', '', { type: 'link', linkname: '/etc/shadow' }]], /leads out of it/],
  [
    'a link in a circle for a layer',
    dockerEntries([LOWER]).map((entry): Entry =>
      entry[0].endsWith('layer.tar') ? [entry[0], '', { type: 'symlink', linkname: 'layer.tar' }] : entry,
    ),
    /is incomplete: it has no "0+\/layer\.tar"/,
  ],
  ['no JSON', [['manifest.json', 'x']], /"manifest\.json" is no JSON/],
  ['broken JSON', [['manifest.json', '[{']], /"manifest\.json" is no JSON/],
  ['other JSON', [['manifest.json', '[{"Layers":3}]']], /"manifest\.json" is not as it has to be/],
  ['an empty list', [['manifest.json', '[]']], /its list of them is empty/],
  ['a layer too few', dockerEntries([LOWER]).filter(([name]) => !name.endsWith('.tar')), /is incomplete/],
  [
    'as many layers as the configuration does not have',
    [
      ['c', config([LOWER, UPPER])],
      ['manifest.json', JSON.stringify([{ Config: 'c', Layers: [] }])],
    ],
    /has 0 layers of an image whose configuration has 2/,
  ],
  [
    'a name that is none',
    dockerEntries([LOWER], ['Foo:\n\u001b[31m']),
    /a name that is none: "Foo:\\n\\u001b\[31m"/,
  ],
  ['another platform', dockerEntries([LOWER], ['foo:1'], ARM64), /is not for linux\/amd64/],
  ['only other platforms', ociLayout([ociIndex([ociImage([LOWER], ARM64)])]), /is not for linux\/amd64/],
  ['no manifest', ociOf([]), /its list of them is empty/],
  ['a manifest that is not there', ociOf([ociImage([LOWER]).descriptor]), /is incomplete: it has no "blobs/],
  [
    'an index in itself',
    // It cannot have its own digest; any deep one stands for it.
    ociLayout([[1, 2, 3, 4, 5, 6].reduce((inner) => ociIndex([inner]), ociImage([LOWER]))]),
    /indexes within indexes/,
  ],
  ['a digest that leads out', ociOf([{ digest: 'sha256:../../../etc/shadow', size: 1 }]), /no SHA-256/],
  [
    'a changed manifest',
    ociLayout([ociImage([LOWER])]).map((entry): Entry => [
      entry[0],
      typeof entry[1] === 'string' && entry[1].includes('"layers"') ? `${entry[1]} ` : entry[1],
    ]),
    /is damaged/,
  ],
  [
    'a layer of another size',
    ociLayout([ociImage([LOWER])]).map((entry): Entry => [
      entry[0],
      Buffer.isBuffer(entry[1]) ? entry[1].subarray(1) : entry[1],
    ]),
    /is damaged: sha256:[0-9a-f]+ has \d+ bytes instead of \d+/,
  ],
];

for (const [what, archive, message] of BAD) {
  test(`bad archive: ${what}`, async (t) => {
    const error = await t.throwsAsync(read(archive), { code: 'BAD_ARCHIVE', message });
    t.true(error instanceof GocliError && error.hint !== undefined);
    t.notRegex(error.message, /[\u0000-\u001f\u007f]/);
  });
}

test('too many entries, and too much JSON, end the reading', async (t) => {
  const many = Array.from({ length: 20_001 }, (_, at): Entry => [`f${String(at)}`, '']);
  await t.throwsAsync(read(many), { code: 'BAD_ARCHIVE', message: /more than 20000 entries/ });
  const json = Buffer.alloc(4 * 1024 ** 2, '{');
  const big = Array.from({ length: 17 }, (_, at): Entry => [`f${String(at)}`, json]);
  await t.throwsAsync(read(big), { code: 'BAD_ARCHIVE', message: /more than 64\.0 MiB of JSON/ });
});

/** Values that somebody may put where any other belongs. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    '..',
    '/',
    'sha256:',
    'a\0b',
    '$(id)',
    "'\n",
    '\u202e',
    'x'.repeat(5000),
    {},
    [],
    -1,
    1e300,
  ),
);

test('whatever an archive says, it is read or is a BAD_ARCHIVE', async (t) => {
  const descriptor = fc.record(
    {
      digest: fc.oneof(
        fc.constantFrom(...[AMD64, ARM64].map((one) => digestOf(config([LOWER], one)))),
        anything,
      ),
      size: fc.oneof(fc.nat(), anything),
      platform: fc.oneof(fc.constant(AMD64), anything),
      annotations: fc.oneof(fc.dictionary(fc.string(), fc.string()), anything),
    },
    { requiredKeys: [] },
  );
  const lists = fc.oneof(
    fc.record({ manifests: fc.oneof(fc.array(descriptor, { maxLength: 3 }), anything) }),
    fc.array(
      fc.record(
        { Config: fc.oneof(fc.constant('c'), anything), RepoTags: anything, Layers: anything },
        { requiredKeys: [] },
      ),
      { maxLength: 2 },
    ),
    anything,
  );
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(fc.constantFrom('manifest.json', 'index.json'), lists, async (path, value) => {
        try {
          await read([['c', config([LOWER])], blob(config([LOWER])), [path, JSON.stringify(value)]]);
        } catch (error) {
          if (!(error instanceof GocliError) || error.code !== 'BAD_ARCHIVE') throw error;
        }
      }),
      { numRuns: 300 },
    ),
  );
});

test('any bytes, and any damage to an archive, are no more than a BAD_ARCHIVE', async (t) => {
  const damaged = fc
    .tuple(fc.nat(whole.length - 1), fc.uint8Array({ minLength: 1, maxLength: 40 }))
    .map(([at, bytes]) => {
      const copy = Buffer.from(whole);
      copy.set(bytes.subarray(0, copy.length - at), at);
      return copy;
    });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }).map((one) => Buffer.from(one)),
    damaged,
    fc.nat(whole.length).map((length) => whole.subarray(0, length)),
  );
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(bytes, async (archive) => {
        try {
          await read(archive);
        } catch (error) {
          if (!(error instanceof GocliError) || error.code !== 'BAD_ARCHIVE') throw error;
        }
      }),
      { numRuns: 300 },
    ),
  );
});
