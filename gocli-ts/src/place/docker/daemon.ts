// Only what is used of it: the whole package is forty files.
import coerce from 'semver/functions/coerce.js';
import lt from 'semver/functions/lt.js';
import { GocliError } from '../../errors/error.ts';
import { isPodmanOf, type VersionAnswer } from './podman.ts';

/** Oldest engines that are tested: Debian 12's Docker and Debian 13's Podman. */
const MINIMUM = {
  docker: { words: 'the Docker daemon', version: '20.10.0' },
  podman: { words: 'Podman, which is the engine behind the Docker socket,', version: '5.4.0' },
} as const;

/** Refuses engines that are too old. @throws GocliError DOCKER_UNSUPPORTED */
export function checkEngine(answer: VersionAnswer): void {
  const { words, version } = isPodmanOf(answer) ? MINIMUM.podman : MINIMUM.docker;
  // Up to 19.03 the months have a leading zero, which semver does not take for a number.
  const parsed = coerce(answer.Version.replace(/\.0+(?=\d)/g, '.'));
  if (parsed === null || !lt(parsed, version)) return;
  throw new GocliError('DOCKER_UNSUPPORTED', `${words} is version ${answer.Version}`, {
    hint: `gocli needs ${version} or newer.`,
  });
}
