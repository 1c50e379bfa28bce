import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

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
