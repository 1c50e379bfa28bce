// @ts-check
/**
 * Joins what tsc compiled and the packages it uses into few files, `dist/cli/`, which the command runs from. Node looks
 * up, reads and links every module by itself, and for the two hundred of them that was a third of what `gocli ls` takes.
 * What one command loads only when it needs it stays a file of its own.
 *
 * Run from the root of the checkout, after tsc.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const OUTPUT = 'dist/cli';
/** What the last build wrote. */
const LIST = 'parts.json';
const MINUTES_MS = 600_000;
/** For packages that are CommonJS and load a module of Node by require. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

const { outputFiles } = await build({
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
  write: false,
  logLevel: 'warning',
});

// Commands may run meanwhile, and load parts until they end. A part's name tells of what is in it, so those of the build
// before stay beside the new ones, and nothing is written in place; the entry, which has one name, comes last.
await mkdir(OUTPUT, { recursive: true });
const parts = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
const isEntry = (/** @type {{ name: string }} */ { name }) => name === 'main.js';
for (const part of [...parts.filter((one) => !isEntry(one)), ...parts.filter(isEntry)]) await place(part);
const names = parts.map(({ name }) => name);
await removeOthers([...names, ...(await partsBefore())]);
await place({ name: LIST, contents: Buffer.from(JSON.stringify(names)) });

/** @param {{ readonly name: string, readonly contents: Uint8Array }} part */
async function place({ name, contents }) {
  const temporary = join(OUTPUT, `.${name}.${process.pid}`);
  await writeFile(temporary, contents);
  await rename(temporary, join(OUTPUT, name));
}

/** @returns {Promise<string[]>} */
async function partsBefore() {
  try {
    return JSON.parse(await readFile(join(OUTPUT, LIST), 'utf8'));
  } catch {
    return [];
  }
}

/** @param {readonly string[]} kept */
async function removeOthers(kept) {
  for (const name of await readdir(OUTPUT)) {
    if (kept.includes(name) || name === LIST) continue;
    // What is young may be of a build that runs beside this one.
    const found = await stat(join(OUTPUT, name)).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > MINUTES_MS)
      await rm(join(OUTPUT, name), { force: true });
  }
}
