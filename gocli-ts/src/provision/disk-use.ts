import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of a block as stat(2) counts them. */
const BLOCK = 512;

/**
 * Bytes that a folder takes on its disk, with all that is below it; 0 when it is not there. A file that several folders have
 * (links) counts for each in part.
 */
export async function diskUse(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map(async ({ parentPath, name }) => {
      const about = await lstat(join(parentPath, name)).catch(() => undefined);
      if (about === undefined) return 0;
      return (about.blocks * BLOCK) / (about.isDirectory() ? 1 : about.nlink);
    }),
  );
  return Math.round(sizes.reduce((sum, size) => sum + size, 0));
}
