import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import { makeFolder } from '../../host/atomic-files.ts';
import type { Host } from '../../host/interface.ts';
import { lastLines } from '../../shared/text.ts';
import type { LockedPackage } from './package-lock.ts';

/** An apt of its own in a folder: the package lists of the guests' release, and no package installed. */
export interface ScratchApt {
  readonly folder: string;
  readonly host: Host;
  readonly signal: AbortSignal;
}

/**
 * Makes the folder and fetches the signed package lists (15 MB).
 * @throws GocliError DOWNLOAD, TOOL_MISSING
 */
export async function openScratchApt(apt: ScratchApt, sources: readonly string[]): Promise<void> {
  const { folder, host, signal } = apt;
  await makeFolder(join(folder, 'state', 'lists', 'partial'), 0o777);
  await makeFolder(join(folder, 'cache', 'archives', 'partial'), 0o777);
  await writeFile(join(folder, 'status'), '');
  await writeFile(join(folder, 'preferences'), '');
  await writeFile(join(folder, 'sources.list'), `${sources.join('\n')}\n`);
  const result = await host.run(['apt-get', ...aptOptions(folder), '--error-on=any', 'update'], {
    signal,
    allowFailure: true,
  });
  if (result.exitCode === 0) return;
  throw new GocliError('DOWNLOAD', 'the lists of Debian packages could not be fetched', {
    observed: lastLines(`${result.stdout}\n${result.stderr}`, 8),
    hint: 'Check that `apt-get update` works on this host, and that debian-archive-keyring is up to date.',
  });
}

/**
 * The packages with everything they depend on and everything Debian calls essential.
 * @param pins versions to prefer while the mirror has them
 * @throws GocliError DOWNLOAD when a name is unknown or the dependencies do not resolve
 */
export async function resolvePackages(
  apt: ScratchApt,
  names: readonly string[],
  pins: readonly LockedPackage[],
): Promise<LockedPackage[]> {
  const { folder, host, signal } = apt;
  await writeFile(join(folder, 'preferences'), renderPins(pins));
  const argv = [
    'apt-get',
    ...aptOptions(folder),
    'install',
    '--print-uris',
    '-qq',
    '--yes',
    '?essential',
    ...names,
  ] as const;
  const result = await host.run(argv, { signal, allowFailure: true });
  if (result.exitCode === 0) return parseUris(result.stdout);
  throw new GocliError('DOWNLOAD', `these Debian packages cannot be had: ${names.join(' ')}`, {
    observed: lastLines(result.stderr, 12),
    hint: 'Check the names in the package list against packages.debian.org.',
  });
}

/** The host's own proxies and credentials stay in force; its sources, preferences and installed packages do not. */
function aptOptions(folder: string): string[] {
  const settings = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': join(folder, 'preferences'),
    'Dir::Etc::preferencesparts': '/dev/null',
    'APT::Architecture': 'amd64',
    'APT::Architectures': 'amd64',
    'APT::Default-Release': '',
    'APT::Install-Recommends': 'false',
    'APT::Install-Suggests': 'false',
    'Acquire::ForceHash': 'SHA256',
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** Priority above 1000: taken even when the mirror has a newer one (apt_preferences(5)). */
function renderPins(pins: readonly LockedPackage[]): string {
  return pins
    .map(({ name, version }) => `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n`)
    .join('\n');
}

const URI = /^'[^']+' (\S+)_(\S+)_[a-z0-9]+\.deb \d+ SHA256:([0-9a-f]{64})$/;

/**
 * Reads the output of `apt-get install --print-uris`: `'<uri>' <name>_<version>_<arch>.deb <size> SHA256:<hex>`.
 * @throws GocliError DOWNLOAD when a line has another form
 */
export function parseUris(output: string): LockedPackage[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, name, version, sha256] = URI.exec(line) ?? [];
      if (name === undefined || version === undefined || sha256 === undefined) {
        throw new GocliError('DOWNLOAD', 'apt names a package without a SHA-256', { observed: line });
      }
      return { name, version: decodeURIComponent(version), sha256 };
    });
}
