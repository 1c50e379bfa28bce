import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { CHECKOUT } from '../../helpers/cli.ts';
import { removeStaleOutput, restoreManifests, stripManifest, stripManifests } from '../../package/bundled.ts';

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
  'package-lock.json': {
    packages: { '': {}, 'node_modules/ssh2': {}, 'node_modules/gone': {}, 'node_modules/oxc': { dev: true } },
  },
  'node_modules/ssh2/package.json': SSH2,
  'node_modules/oxc/package.json': { scripts: { install: 'x' } },
  'dist/gocli-ts/src/main.js': '',
};

test('manifests change for packing and come back, also after a run that was killed', async (t) => {
  await using folder = await folderWith(FILES);
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder.path, 'node_modules', name, 'package.json'), 'utf8'));
  await stripManifests(folder.path);
  t.deepEqual(await read('ssh2'), strip(SSH2));
  t.deepEqual(await read('oxc'), FILES['node_modules/oxc/package.json']);
  await stripManifests(folder.path);
  await restoreManifests(folder.path);
  t.deepEqual(await read('ssh2'), SSH2);
  await restoreManifests(folder.path);
  t.deepEqual(await read('ssh2'), SSH2);
});

test('a package that npm has installed anew since is not overwritten', async (t) => {
  await using folder = await folderWith(FILES);
  await stripManifests(folder.path);
  const manifest = join(folder.path, 'node_modules/ssh2/package.json');
  await writeFile(manifest, '{"version":"9"}');
  await restoreManifests(folder.path);
  t.is(await readFile(manifest, 'utf8'), '{"version":"9"}');
});

test('compiled files without a source go', async (t) => {
  await using folder = await folderWith({
    'gocli-ts/src/main.ts': '',
    'dist/gocli-ts/src/main.js': '',
    'dist/gocli-ts/src/main.d.ts': '',
    'dist/gocli-ts/src/docker/old.js': '',
    'dist/gocli-ts/src/docker/old.js.map': '',
  });
  await removeStaleOutput(folder.path);
  await t.notThrowsAsync(readFile(join(folder.path, 'dist/gocli-ts/src/main.js')));
  await t.notThrowsAsync(readFile(join(folder.path, 'dist/gocli-ts/src/main.d.ts')));
  await t.throwsAsync(readFile(join(folder.path, 'dist/gocli-ts/src/docker/old.js')));
  await t.throwsAsync(readFile(join(folder.path, 'dist/gocli-ts/src/docker/old.js.map')));
});

test('all dependencies are bundled', async (t) => {
  const manifest = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    bundleDependencies: string[];
  };
  t.deepEqual(manifest.bundleDependencies, Object.keys(manifest.dependencies));
});
