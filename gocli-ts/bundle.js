// @ts-check
/**
 * Joins what tsc compiled and the packages it uses into few files, `dist/cli/`, which the command runs from. Node looks
 * up, reads and links every module by itself, and for the two hundred of them that was a third of what `gocli ls` takes.
 * What one command loads only when it needs it stays a file of its own.
 *
 * Run from the root of the checkout, after tsc.
 */
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const OUTPUT = 'dist/cli';
/** For packages that are CommonJS and load a module of Node by require. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

const { metafile } = await build({
  entryPoints: ['dist/gocli-ts/src/main.js'],
  outdir: OUTPUT,
  bundle: true,
  splitting: true,
  // It looks for an add-on beside itself.
  external: ['ssh2'],
  banner: { js: REQUIRE },
  platform: 'node',
  format: 'esm',
  // The oldest of package.json, engines.
  target: 'node20.19',
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
});
// Names of parts depend on what is in them: those of the build before would stay.
const written = Object.keys(metafile.outputs).map((file) => basename(file));
const stale = (await readdir(OUTPUT)).filter((file) => !written.includes(file));
await Promise.all(stale.map((file) => rm(join(OUTPUT, file), { force: true })));
