import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { CHECKOUT, command } from '../../helpers/cli.ts';
import { removeStaleOutput } from '../../package/stale-output.ts';

interface Stripping {
  readonly stripManifest: (text: string) => string;
}

const { stripManifest } = (await import(join(CHECKOUT, 'test/package/strip-manifests.js'))) as Stripping;

const SSH2 = {
  name: 'ssh2',
  scripts: { install: 'node install.js', test: 'node test.js' },
  dependencies: { asn1: '^0.2.6', 'bare-fs': '^4.8.2' },
  optionalDependencies: { 'cpu-features': '~0.0.10', nan: '^2.23.0' },
};

const strip = (manifest: object): unknown => JSON.parse(stripManifest(JSON.stringify(manifest)));

test('install scripts, what they build, and what only they need are left out', (t) => {
  t.deepEqual(strip(SSH2), {
    name: 'ssh2',
    files: ['**', '!**/build/**'],
    scripts: { test: 'node test.js' },
    dependencies: { asn1: '^0.2.6' },
    optionalDependencies: {},
  });
  t.deepEqual(strip({ files: ['lib'], scripts: { postinstall: 'x' } }), {
    files: ['lib', '!**/build/**'],
    scripts: {},
  });
});

test('a manifest without all that stays as it is, to the letter', (t) => {
  const text =
    '{ "name": "zod",\n "dependencies": {"nano": "1", "cpu-features-not": "2"}, "scripts": {"test": "x"} }';
  t.is(stripManifest(text), text);
});

/** A folder with these files, which goes when the test ends. */
async function folderWith(
  files: Readonly<Record<string, unknown>>,
): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'gocli-package-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), JSON.stringify(content));
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const FILES = {
  'package.json': { scripts: { install: 'x' } },
  'package-lock.json': {
    packages: { '': {}, 'node_modules/ssh2': {}, 'node_modules/gone': {}, 'node_modules/oxc': { dev: true } },
  },
  'node_modules/ssh2/package.json': SSH2,
  'node_modules/oxc/package.json': { scripts: { install: 'x' } },
  'dist/gocli-ts/src/main.js': '',
};

const SCRIPT = join(CHECKOUT, 'test', 'package', 'strip-manifests.js');

test('packages that are bundled are stripped, once and for all; the checkout and what is not bundled are not', async (t) => {
  await using folder = await folderWith(FILES);
  const read = (name: string): Promise<string> => readFile(join(folder.path, name), 'utf8');
  for (let run = 1; run <= 2; run += 1) {
    await command([process.execPath, SCRIPT], { cwd: folder.path });
    t.deepEqual(JSON.parse(await read('node_modules/ssh2/package.json')), strip(SSH2));
    t.is(await read('node_modules/oxc/package.json'), JSON.stringify(FILES['node_modules/oxc/package.json']));
    t.is(await read('package.json'), JSON.stringify(FILES['package.json']));
    t.deepEqual((await readdir(join(folder.path, 'node_modules'))).sort(), ['oxc', 'ssh2']);
    t.deepEqual(await readdir(join(folder.path, 'node_modules', 'ssh2')), ['package.json']);
  }
});

test('compiled files without a source go', async (t) => {
  await using folder = await folderWith({
    'gocli-ts/src/main.ts': '',
    'dist/gocli-ts/src/main.js': '',
    'dist/gocli-ts/src/main.d.ts': '',
    'dist/gocli-ts/src/docker/old.js': '',
    'dist/gocli-ts/src/docker/old.js.map': '',
    'dist/cli/parts.json': ['main.js'],
    'dist/cli/main.js': '',
    'dist/cli/chunk-OLD.js': '',
    'dist/cli/chunk-BEFORE.js': '',
  });
  await utimes(join(folder.path, 'dist/cli/chunk-OLD.js'), 1, 1);
  // Whoever packs packs again.
  for (let run = 1; run <= 2; run += 1) await removeStaleOutput(folder.path);
  await t.notThrowsAsync(readFile(join(folder.path, 'dist/gocli-ts/src/main.js')));
  await t.notThrowsAsync(readFile(join(folder.path, 'dist/gocli-ts/src/main.d.ts')));
  await t.throwsAsync(readFile(join(folder.path, 'dist/gocli-ts/src/docker/old.js')));
  await t.throwsAsync(readFile(join(folder.path, 'dist/gocli-ts/src/docker/old.js.map')));
  const left = await readdir(join(folder.path, 'dist/cli'));
  t.deepEqual(left.toSorted(), ['chunk-BEFORE.js', 'main.js', 'parts.json']);
});

test('all dependencies are bundled', async (t) => {
  const manifest = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    bundleDependencies: string[];
  };
  t.deepEqual(manifest.bundleDependencies, Object.keys(manifest.dependencies));
});
