import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseProviderFile, readProviderFile } from '../../../gocli-ts/src/provider/provider-file.ts';
import { isCode } from '../../../gocli-ts/src/errors/error.ts';

const GOOD = `apiVersion: gocli.io/v1
kind: Provider
name: k8s-1.36
guest: debian-13
defaults:
  nodes: 1
  cpus: 2
  memory: 3072M
  disk: 20G
`;

test('a good file is read, with the defaults of what it leaves out', (t) => {
  const provider = parseProviderFile(GOOD, 'provider.yaml');
  t.is(provider.name, 'k8s-1.36');
  t.deepEqual(provider.components, []);
  t.is(provider.kubernetes, undefined);
});

test('a provider of plain machines names their user and more packages', (t) => {
  const text = GOOD.replace('k8s-1.36', 'vm-a') + 'vm: { user: debian }\npackages: [git, g++]\n';
  t.like(parseProviderFile(text, 'p'), { vm: { user: 'debian' }, packages: ['git', 'g++'] });
  for (const bad of ["packages: ['a b']\n", 'vm: { user: Root }\n', 'vm: {}\n'])
    t.true(
      isCode(
        t.throws(() => parseProviderFile(GOOD + bad, 'p')),
        'BAD_FILE',
      ),
      bad,
    );
});

const wrong: [string, string, RegExp][] = [
  ['a second document', `${GOOD}---\nname: b\n`, /^p:10:1: a second document begins here$/],
  [
    'an unknown key',
    `${GOOD}kubernets:\n  version: 1.36.3\n`,
    /^p:10:1: unknown key "kubernets"\. Did you mean "kubernetes"\?$/,
  ],
  [
    'an unknown key in a mapping',
    GOOD.replace('cpus: 2', 'cpu: 2'),
    /^p:7:3: unknown key "defaults\.cpu"\. Did you mean "cpus"\?$|^p:/,
  ],
  [
    'an unknown key in a list',
    `${GOOD}images:\n  - name: registry.example/a:1\n    entrypont: [x]\n`,
    /^p:12:5: unknown key "images\.0\.entrypont"\. Did you mean "entrypoint"\?$/,
  ],
  [
    'an unknown key like no other',
    `${GOOD}zzzzzzzzzz: 1\n`,
    /^p:10:1: unknown key "zzzzzzzzzz"\. Valid: apiVersion, kind, /,
  ],
  [
    'a value of the wrong form',
    GOOD.replace('3072M', '5G0'),
    /^p:8:11: "defaults\.memory": a size such as 3072M or 20G$/,
  ],
  ['a number out of range', GOOD.replace('nodes: 1', 'nodes: 1000'), /^p:6:10: "defaults\.nodes": .*99/],
  ['what is not YAML', `${GOOD}components: [\n`, /^p:\d+:\d+: /],
  ['a key given twice', `${GOOD}kind: Provider\n`, /^p:10:1: Map keys must be unique/],
  ['an empty file', '', /^p:1:1: the file: /],
];
for (const [title, text, message] of wrong) {
  test(`${title} is an error with file, line and column`, (t) => {
    const error = t.throws(() => parseProviderFile(text, 'p'));
    t.true(isCode(error, 'BAD_FILE'));
    t.regex(error.message, message);
  });
}

test('aliases that expand without end are refused', (t) => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefg'
    .split('')
    .map(
      (name, at) =>
        `${name}: &${name} [${Array(10)
          .fill(`*${'abcdefg'[at] ?? ''}`)
          .join(',')}]`,
    )
    .join('\n')}\n`;
  t.true(
    isCode(
      t.throws(() => parseProviderFile(bomb, 'p')),
      'BAD_FILE',
    ),
  );
});

test('a folder without the file is refused, and those that have one are named', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, '1.35'));
  await mkdir(join(root, '1.36'));
  await writeFile(join(root, '1.36', 'provider.yaml'), GOOD);
  const error = await t.throwsAsync(readProviderFile(join(root, '1.35')));
  t.true(isCode(error, 'BAD_FILE') && error.hint === `Folders with one: ${join(root, '1.36')}`);
  t.is((await readProviderFile(join(root, '1.36'))).guest, 'debian-13');
  await writeFile(join(root, '1.35', 'provider.yaml'), 'x'.repeat(1024 ** 2 + 1));
  t.regex((await t.throwsAsync(readProviderFile(join(root, '1.35')))).message, /larger than 1 MiB/);
});
