import { join } from 'node:path';
import envPaths from 'env-paths';

/** Folders gocli writes to, all below the XDG folders of the user. */
export interface Paths {
  /** `$XDG_STATE_HOME/gocli`: clusters, probe results, timings. */
  readonly state: string;
  /** `$XDG_CACHE_HOME/gocli`: results of provisioning steps, kubectl binaries. */
  readonly cache: string;
}

/** The folders of the user that runs gocli. */
export function userPaths(): Paths {
  const paths = envPaths('gocli', { suffix: '' });
  return { state: paths.log, cache: paths.cache };
}

/** `<state>/clusters/<name>`. The name must have been validated. */
export function rigFolder(paths: Paths, name: string): string {
  return join(paths.state, 'clusters', name);
}
