import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes what earlier builds left and would go into the tarball: see tsc and gocli-ts/bundle.js. */
export async function removeStaleOutput(checkout: string): Promise<void> {
  await removeOldParts(join(checkout, 'dist', 'cli'));
  const output = join('dist', 'gocli-ts');
  for (const entry of await readdir(join(checkout, output), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const source = path
      .replace(join(checkout, 'dist'), checkout)
      .replace(/(?:\.js|\.js\.map|\.d\.ts)$/, '.ts');
    if (entry.isFile() && !existsSync(source)) await rm(path);
  }
}

/** What the bundle consists of; it is not in the package, but the next build and the next packing read it. */
const LIST = 'parts.json';
/** Commands that began before the last build still load parts of the one before: as in gocli-ts/bundle.js. */
const IN_USE_MS = 600_000;

async function removeOldParts(folder: string): Promise<void> {
  const parts = JSON.parse(await readFile(join(folder, LIST), 'utf8')) as string[];
  const old = (await readdir(folder)).filter((name) => name !== LIST && !parts.includes(name));
  for (const path of old.map((name) => join(folder, name)))
    if (Date.now() - (await stat(path)).mtimeMs > IN_USE_MS) await rm(path);
}
