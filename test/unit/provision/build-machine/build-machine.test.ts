import { execFileSync } from 'node:child_process';
import test from 'ava';
import type { Docker } from '../../../../gocli-ts/src/place/interface.ts';
import { GocliError, isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { inspectManifest } from '../../../../gocli-ts/src/provider/manifest-text.ts';
import { findingLine } from '../../../../gocli-ts/src/provider/finding.ts';
import { cleanScript } from '../../../../gocli-ts/src/provision/build-machine/clean-script.ts';
import { fetchImages, parsePrePull } from '../../../../gocli-ts/src/provision/build-machine/pre-pull.ts';

test('the script that cleans the guest is one that a POSIX shell accepts', (t) => {
  t.notThrows(() => execFileSync('sh', ['-n'], { input: cleanScript() }));
});

test('pre-pull images have comments, and nothing but references', (t) => {
  const digest = `sha256:${'0'.repeat(64)}`;
  t.deepEqual(parsePrePull(`# none\n\nquay.io/a/b:v1 # why\nlocalhost:5000/x@${digest}\n`, 'f'), [
    'quay.io/a/b:v1',
    `localhost:5000/x@${digest}`,
  ]);
  for (const line of ['--all', 'a b', 'x;y']) {
    t.true(
      isCode(
        t.throws(() => parsePrePull(`ok\n${line}\n`, 'f')),
        'BAD_FILE',
      ),
    );
  }
});

test('images are taken from the local Docker; all that cannot be had are named at once', async (t) => {
  const pulled: string[] = [];
  const images = {
    inspect: (name: string) => Promise.resolve(name === 'local:1' ? { id: name } : undefined),
    pull: (name: string) => {
      pulled.push(name);
      return name === 'remote:1'
        ? Promise.resolve({ id: name })
        : Promise.reject(new GocliError('IMAGE_MISSING', 'not found'));
    },
  };
  const docker = { images } as unknown as Docker;
  const step = { progress: () => undefined, note: () => undefined, cached: () => undefined };
  const context = { docker, step, signal: new AbortController().signal };
  await fetchImages(['local:1', 'remote:1'], context);
  t.deepEqual(pulled, ['remote:1']);
  const error = await t.throwsAsync(fetchImages(['gone:1', 'local:1', 'gone:2'], context));
  t.true(isCode(error, 'DOWNLOAD') && error.observed === 'gone:1: not found\ngone:2: not found');
});

const manifests: [string, string, RegExp | undefined][] = [
  [
    'several objects',
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n',
    undefined,
  ],
  ['an empty document', '---\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n', undefined],
  ['what is not YAML', 'a: [\n', /^f:\d+:\d+: /],
  [
    'an object without a kind',
    'apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\napiVersion: v1\nmetadata: {name: a}\n',
    /^f:5:1: not a Kubernetes object: kind/,
  ],
  ['a list', '- a\n', /^f:1:1: not a Kubernetes object/],
];
for (const [title, text, message] of manifests) {
  test(`manifest: ${title}`, (t) => {
    const [first, ...more] = inspectManifest(text, 'f').findings.map(findingLine);
    if (message === undefined) t.is(first, undefined);
    else t.regex(first ?? '', message);
    t.deepEqual(more, title === 'a list' ? more : []);
  });
}

test('all that is wrong with a manifest is said at once', (t) => {
  const text = 'apiVersion: v1\nmetadata: {}\n---\nkind: A\nmetadata: {name: a}\n';
  t.deepEqual(
    inspectManifest(text, 'f')
      .findings.map(findingLine)
      .map((line) => line.replace(/: Invalid.*/, '')),
    [
      'f:1:1: not a Kubernetes object: kind',
      'f:2:11: not a Kubernetes object: metadata.name',
      'f:4:1: not a Kubernetes object: apiVersion',
    ],
  );
});
