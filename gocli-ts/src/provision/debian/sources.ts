import type { Host } from '../../host/interface.ts';

/** Debian release of guests and of the runner. */
export const RELEASE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const OFFICIAL: Mirrors = {
  main: 'https://deb.debian.org/debian',
  security: 'https://deb.debian.org/debian-security',
};

export interface Mirrors {
  readonly main: string;
  /** Absent when the host has a mirror of the main archive only. */
  readonly security: string | undefined;
}

/**
 * One-line apt sources of {@link RELEASE} on the mirror that the host's own apt uses, or on Debian's own when it uses
 * none. They are for the moment: no file of the repository and no image may hold them.
 */
export async function debianSources(host: Host, signal: AbortSignal): Promise<string[]> {
  return sourceLines(await debianMirrors(host, signal));
}

/** The host's Debian mirrors. apt itself is asked, since its configuration has several formats and many places. */
export async function debianMirrors(host: Host, signal: AbortSignal): Promise<Mirrors> {
  const format = '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)';
  const { stdout } = await host.run(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages'], {
    signal,
  });
  return parseMirrors(stdout);
}

/**
 * Chooses from lines `origin|label|component|release|uri`. Origin and label are empty until the host has run
 * `apt-get update` once; then the name of the release decides.
 */
export function parseMirrors(targets: string): Mirrors {
  const debian = targets
    .split('\n')
    .map((line) => line.trim().split('|'))
    .flatMap(([origin = '', label = '', component = '', release = '', uri = '']) =>
      component === 'main' &&
      uri !== '' &&
      (origin === 'Debian' || ((origin.startsWith('$(') || origin === '') && isSuite(release)))
        ? [
            {
              security: label === 'Debian-Security' || release.endsWith('-security'),
              release,
              uri: uri.replace(/\/+$/, ''),
            },
          ]
        : [],
    );
  const main = debian.find(({ security, release }) => !security && !release.endsWith('-backports'));
  if (main === undefined) return OFFICIAL;
  return { main: main.uri, security: debian.find(({ security }) => security)?.uri };
}

/** Pure part of {@link debianSources}. */
export function sourceLines({ main, security }: Mirrors): string[] {
  const line = (uri: string, suite: string): string => `deb [signed-by=${KEYRING}] ${uri} ${suite} main`;
  return [
    line(main, RELEASE),
    line(main, `${RELEASE}-updates`),
    ...(security === undefined ? [] : [line(security, `${RELEASE}-security`)]),
  ];
}

function isSuite(release: string): boolean {
  return /^(bullseye|bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)(-updates|-security)?$/.test(
    release,
  );
}
