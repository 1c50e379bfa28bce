import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * What no installed gocli can use: add-ons that are compiled on the user's machine (ssh2 has the same in JavaScript),
 * machine code for another runtime than Node (`bare-*`), and types, which are a matter of those who compile.
 */
const LEFT_OUT = /^(?:cpu-features|nan|bare-.+|@types\/.+)$/;
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

const names = z.record(z.string(), z.string()).optional();
const manifestSchema = z.looseObject({
  files: z.array(z.string()).optional(),
  scripts: names,
  dependencies: names,
  optionalDependencies: names,
});

/** Texts of the package.json files that were changed for packing, by path below the checkout. */
const originalsSchema = z.record(z.string(), z.string());
const ORIGINALS = join('dist', 'package-originals.json');

const lockSchema = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });

/**
 * The package.json of a dependency as it goes into the tarball: npm runs the install scripts of bundled packages, too,
 * and fetches what they depend on and is not there. Whoever has install scripts builds into `build/`, so that is left
 * out with them. A manifest without all that is returned as it is.
 */
export function stripManifest(text: string): string {
  const manifest = manifestSchema.parse(JSON.parse(text));
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

/** The record without some of its names; nothing when it has none of them. */
function without(
  record: Readonly<Record<string, string>> | undefined,
  leaveOut: (name: string) => boolean,
): Record<string, string> | undefined {
  const entries = Object.entries(record ?? {});
  const kept = entries.filter(([name]) => !leaveOut(name));
  return kept.length === entries.length ? undefined : Object.fromEntries(kept);
}

/**
 * Changes the manifests of all packages that npm is about to bundle, in node_modules, because npm bundles from nowhere
 * else. The original texts are kept until {@link restoreManifests}.
 */
export async function stripManifests(checkout: string): Promise<void> {
  await restoreManifests(checkout);
  const lock = lockSchema.parse(JSON.parse(await readFile(join(checkout, 'package-lock.json'), 'utf8')));
  const originals: Record<string, string> = {};
  for (const [folder, { dev }] of Object.entries(lock.packages)) {
    const path = join(folder, 'package.json');
    if (folder === '' || dev === true || !existsSync(join(checkout, path))) continue;
    const text = await readFile(join(checkout, path), 'utf8');
    if (stripManifest(text) !== text) originals[path] = text;
  }
  await replace(join(checkout, ORIGINALS), JSON.stringify(originals));
  for (const [path, text] of Object.entries(originals))
    await replace(join(checkout, path), stripManifest(text));
}

/** Brings the manifests back, also those of a run that was killed; what npm has installed anew since is left alone. */
export async function restoreManifests(checkout: string): Promise<void> {
  const file = join(checkout, ORIGINALS);
  if (!existsSync(file)) return;
  const originals = originalsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  for (const [path, text] of Object.entries(originals)) {
    const now = await readFile(join(checkout, path), 'utf8').catch(() => undefined);
    if (now === stripManifest(text)) await replace(join(checkout, path), text);
  }
  await rm(file);
}

/**
 * Never leaves a half-written file. The rename also gives the folder a new time, by which npm sees that its own record
 * of node_modules, with the old dependencies, is out of date.
 */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** Removes compiled files whose source is gone: tsc leaves them, and they would go into the tarball. */
export async function removeStaleOutput(checkout: string): Promise<void> {
  const output = join('dist', 'gocli-ts');
  for (const entry of await readdir(join(checkout, output), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const source = path
      .replace(join(checkout, 'dist'), checkout)
      .replace(/(?:\.js|\.js\.map|\.d\.ts)$/, '.ts');
    if (entry.isFile() && !existsSync(source)) await rm(path);
  }
}
