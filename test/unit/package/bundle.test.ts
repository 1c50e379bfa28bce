import { cp, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { CHECKOUT, command } from '../../helpers/cli.ts';

/** A program of two parts, the second of which is loaded when it is asked to. */
async function checkout(
  t: ExecutionContext,
): Promise<{ root: string; build: (text: string) => Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'gocli-bundle-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const sources = join(root, 'dist/gocli-ts/src');
  await mkdir(sources, { recursive: true });
  await mkdir(join(root, 'gocli-ts'));
  await cp(join(CHECKOUT, 'gocli-ts/bundle.js'), join(root, 'gocli-ts/bundle.js'));
  await cp(join(CHECKOUT, 'gocli-ts/bin'), join(root, 'gocli-ts/bin'), { recursive: true });
  await symlink(join(CHECKOUT, 'node_modules'), join(root, 'node_modules'));
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(sources, 'main.js'),
    `process.stdout.write('begun\\n');
for await (const _ of process.stdin);
const { text } = await import('./late.js');
await new Promise((resolve) => process.stdout.write(text, resolve));
process.exit(0);\n`,
  );
  return {
    root,
    build: async (text) => {
      await writeFile(join(sources, 'late.js'), `export const text = ${JSON.stringify(text)};\n`);
      await command([process.execPath, 'gocli-ts/bundle.js'], { cwd: root });
    },
  };
}

test('a command that runs while another is built goes on with its own parts', async (t) => {
  const { root, build } = await checkout(t);
  await build('first');
  // Old enough to be removed.
  for (const name of await readdir(join(root, 'dist/cli'))) await utimes(join(root, 'dist/cli', name), 0, 0);
  const running = execa(process.execPath, ['gocli-ts/bin/gocli.js'], { cwd: root });
  await new Promise((resolve) => running.stdout.once('data', resolve));
  await build('second');
  running.stdin.end();
  t.is((await running).stdout, 'begun\nfirst');
  const next = await execa(process.execPath, ['gocli-ts/bin/gocli.js'], { cwd: root, input: '' });
  t.is(next.stdout, 'begun\nsecond');
  for (const name of await readdir(join(root, 'dist/cli'))) await utimes(join(root, 'dist/cli', name), 0, 0);
  await build('third');
  t.is((await readdir(join(root, 'dist/cli'))).filter((name) => /^late-.*js$/.test(name)).length, 2);
});

test('a command that is not built, empty or cut says what to do, and never that all is well', async (t) => {
  const { root, build } = await checkout(t);
  await build('text');
  const main = join(root, 'dist/cli/main.js');
  for (const content of [undefined, '', 'import {']) {
    await (content === undefined ? rm(main) : writeFile(main, content));
    const result = await execa(process.execPath, ['gocli-ts/bin/gocli.js'], { cwd: root, reject: false });
    t.is(result.exitCode, 3, result.stderr);
    t.regex(result.stderr, /make clean build/);
    t.notRegex(result.stderr, /^\s+at /m);
  }
});
