// Only what is used of it: the whole package is forty files.
import coerce from 'semver/functions/coerce.js';
import lt from 'semver/functions/lt.js';
import { GocliError } from '../../errors/error.ts';

/** Oldest daemon that is tested: Debian 12's. */
const MINIMUM_VERSION = '20.10.0';

/** Refuses engines that are too old or are not Docker. @throws GocliError DOCKER_UNSUPPORTED */
export function checkEngine(version: string, components: readonly string[]): void {
  if (components.some((name) => /podman/i.test(name))) {
    throw new GocliError(
      'DOCKER_UNSUPPORTED',
      'the engine behind the Docker socket is Podman, which is not supported yet',
      {
        hint: 'Start a Docker daemon and point DOCKER_HOST at its socket.',
      },
    );
  }
  // Up to 19.03 the months have a leading zero, which semver does not take for a number.
  const parsed = coerce(version.replace(/\.0+(?=\d)/g, '.'));
  if (parsed !== null && lt(parsed, MINIMUM_VERSION)) {
    throw new GocliError('DOCKER_UNSUPPORTED', `the Docker daemon is version ${version}`, {
      hint: `gocli needs ${MINIMUM_VERSION} or newer.`,
    });
  }
}
