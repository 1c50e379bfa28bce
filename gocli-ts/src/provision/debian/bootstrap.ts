import { GocliError } from '../../errors/error.ts';
import type { Host } from '../../host/interface.ts';
import { lastLines } from '../../shared/text.ts';
import { debianSources, RELEASE } from './sources.ts';

/** What a result says about where packages come from: not the mirror that this one came from. */
const LEFT_SOURCE = `deb https://deb.debian.org/debian ${RELEASE} main`;

export interface BootstrapRequest {
  /** `name=version` lines: every package that is to be in the tree, dependencies and essential ones too. */
  readonly pins: string;
  /** Lines of dpkg path-exclude globs; `!` before one brings it back, `#` begins a comment line. */
  readonly excluded?: string;
  /** Hooks of mmdebstrap(1), in order: before any package, and when all are installed. */
  readonly setupHooks?: readonly string[];
  readonly customizeHooks?: readonly string[];
  /** Where the tree goes as a tar; when absent, only what the hooks copy out is left. */
  readonly target?: string;
  /** For the tree while it is made. */
  readonly scratch: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly host: Host;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
}

/**
 * A Debian root file system of exactly the given packages, from the mirror that the host's apt uses.
 * @throws GocliError TOOL_MISSING, DOWNLOAD, COMMAND (a hook or a package script failed)
 */
export async function bootstrap(request: BootstrapRequest): Promise<void> {
  const { host, signal, scratch, env, onLine } = request;
  const result = await host.run(bootstrapArgv(request, await debianSources(host, signal)), {
    signal,
    allowFailure: true,
    env: { ...env, TMPDIR: scratch, LC_ALL: 'C.UTF-8' },
    ...(onLine === undefined ? {} : { onLine }),
  });
  if (result.exitCode === 0) return;
  const download = /Failed to fetch|Unable to (fetch|locate)|(was|were) not found|no installation candidate/;
  throw download.test(result.stderr)
    ? new GocliError('DOWNLOAD', 'Debian packages could not be downloaded', {
        observed: lastLines(result.stderr, 12),
        hint: 'Check that `apt-get update` works on this host.',
      })
    : new GocliError('COMMAND', `mmdebstrap ended with code ${result.exitCode}`, {
        observed: lastLines(result.stderr, 20),
      });
}

/** Pure part of {@link bootstrap}. */
export function bootstrapArgv(
  request: Pick<BootstrapRequest, 'pins' | 'excluded' | 'setupHooks' | 'customizeHooks' | 'target'>,
  sources: readonly string[],
): [string, ...string[]] {
  const { pins, excluded = '', setupHooks = [], customizeHooks = [], target } = request;
  return [
    'mmdebstrap',
    '--mode=root',
    '--variant=custom',
    '--architectures=amd64',
    `--format=${target === undefined ? 'null' : 'tar'}`,
    `--include=${contentLines(pins).join(',')}`,
    '--aptopt=Acquire::Languages "none"',
    ...contentLines(excluded).map((line) =>
      line.startsWith('!') ? `--dpkgopt=path-include=${line.slice(1)}` : `--dpkgopt=path-exclude=${line}`,
    ),
    ...setupHooks.map((hook) => `--setup-hook=${hook}`),
    ...customizeHooks.map((hook) => `--customize-hook=${hook}`),
    ...FORGET.map((hook) => `--customize-hook=${hook}`),
    RELEASE,
    target ?? '/dev/null',
    ...sources,
  ];
}

/** Lines for a shell in which $1 is the tree: the mirror, the settings of the build and its logs do not stay. */
const FORGET = [
  'rm -rf "$1"/etc/apt/sources.list.d/* "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap "$1"/var/log/*',
  'rm -f "$1"/var/cache/debconf/*-old "$1"/var/lib/dpkg/*-old',
  `echo '${LEFT_SOURCE}' > "$1"/etc/apt/sources.list`,
];

/** Lines that say something: neither empty nor a comment. */
export function contentLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
