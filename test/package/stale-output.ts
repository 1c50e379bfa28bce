import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
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

async function removeOldParts(folder: string): Promise<void> {
  const parts = JSON.parse(await readFile(join(folder, 'parts.json'), 'utf8')) as string[];
  const old = (await readdir(folder)).filter((name) => !parts.includes(name));
  await Promise.all(old.map((name) => rm(join(folder, name))));
}
