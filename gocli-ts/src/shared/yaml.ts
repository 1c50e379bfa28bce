import { createRequire } from 'node:module';

/**
 * The yaml library, loaded at first use. That takes as long as a tenth of a command's start, and most commands never
 * need it; a start of a cluster needs it while the daemon makes containers.
 */
export function yaml(): typeof import('yaml') {
  return createRequire(import.meta.url)('yaml') as typeof import('yaml');
}
