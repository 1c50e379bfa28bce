// Only what is used of it: the whole package is forty files.
import coerce from 'semver/functions/coerce.js';
import lt from 'semver/functions/lt.js';
import { GocliError } from '../../errors/error.ts';

/** Oldest daemon that is tested: Debian 12's. */
const MINIMUM_VERSION = '20.10.0';

/**
 * Path of the daemon's socket from the environment.
 * @throws GocliError DOCKER_UNSUPPORTED for a remote daemon: published ports are reached on this host's loopback
 */
export function socketPath(env: Readonly<Record<string, string | undefined>>): string {
  const address = env['DOCKER_HOST'] ?? '';
  if (address === '') return '/var/run/docker.sock';
  if (address.startsWith('unix://')) return address.slice('unix://'.length);
  throw new GocliError('DOCKER_UNSUPPORTED', `DOCKER_HOST names a remote daemon: ${address}`, {
    hint: 'gocli reaches published ports on loopback, so the daemon must be local. Unset DOCKER_HOST.',
  });
}

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
