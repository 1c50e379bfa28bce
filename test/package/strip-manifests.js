// @ts-check
/**
 * Takes out of node_modules what no installed gocli can use, so that npm bundles packages that install without a network
 * and compile nothing: npm bundles from nowhere else. npm runs this (`dependencies`) after an installation in the checkout and
 * before it packs. Like a patch of packages it stays: there is nothing to undo, a second run finds nothing to do, and one
 * that is killed is made whole by the next. It runs before anything is built, so it is JavaScript and imports no package.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What no installed gocli can use: add-ons that are compiled on the user's machine (ssh2 has the same in JavaScript),
 * machine code for another runtime than Node (`bare-*`), and types, which are a matter of those who compile.
 */
const LEFT_OUT = /^(?:cpu-features|nan|bare-.+|@types\/.+)$/;
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

/**
 * The package.json of a dependency as it goes into the tarball: npm runs the install scripts of bundled packages, too,
 * and fetches what they depend on and is not there. Whoever has install scripts builds into `build/`, so that is left
 * out with them. A manifest without all that is returned as it is.
 * @param {string} text
 */
export function stripManifest(text) {
  const manifest = JSON.parse(text);
  const scripts = without(manifest.scripts, (name) => INSTALL_SCRIPTS.includes(name));
  const dependencies = without(manifest.dependencies, (name) => LEFT_OUT.test(name));
  const optionalDependencies = without(manifest.optionalDependencies, (name) => LEFT_OUT.test(name));
  const files = scripts === undefined ? undefined : [...(manifest.files ?? ['**']), '!**/build/**'];
  const changes = Object.entries({ files, scripts, dependencies, optionalDependencies }).filter(
    ([, value]) => value !== undefined,
  );
  if (changes.length === 0) return text;
  return `${JSON.stringify({ ...manifest, ...Object.fromEntries(changes) }, null, 2)}\n`;
}

/**
 * The record without some of its names; undefined when it has none of them.
 * @param {Readonly<Record<string, string>> | undefined} record
 * @param {(name: string) => boolean} leaveOut
 */
function without(record, leaveOut) {
  const entries = Object.entries(record ?? {});
  const kept = entries.filter(([name]) => !leaveOut(name));
  return kept.length === entries.length ? undefined : Object.fromEntries(kept);
}

/**
 * Strips the manifests of all packages that npm bundles.
 * @param {string} checkout
 */
export function stripManifests(checkout) {
  const { packages } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8'));
  for (const [folder, { dev }] of Object.entries(packages)) {
    const path = join(checkout, folder, 'package.json');
    // Never the checkout's own, which the lock file lists without a folder.
    if (!folder.startsWith('node_modules/') || dev === true || !existsSync(path)) continue;
    const text = readFileSync(path, 'utf8');
    const stripped = stripManifest(text);
    if (stripped !== text) replace(path, stripped, join(checkout, 'node_modules'));
  }
}

/**
 * Never leaves a half-written file, nor one more in a package. The rename also gives the folder a new time, by which npm
 * sees that its own record of node_modules, with the old dependencies, is out of date.
 * @param {string} path
 * @param {string} text
 * @param {string} folder
 */
function replace(path, text, folder) {
  const beside = join(folder, `.gocli-${process.pid}`);
  writeFileSync(beside, text);
  renameSync(beside, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) stripManifests(process.cwd());
