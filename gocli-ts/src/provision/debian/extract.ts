import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTree, type TreeEntry } from '../../place/tree.ts';
import { GocliError } from '../../errors/error.ts';
import type { Host } from '../../host/interface.ts';
import { quote } from '../../shared/quote.ts';
import { lastLines } from '../../shared/text.ts';
import { debianSources, RELEASE } from './sources.ts';

export interface ExtractRequest {
  readonly packages: readonly string[];
  /** File of `name=version` lines: which version of any package is taken. */
  readonly pins: string;
  /** For intermediate files. */
  readonly scratch: string;
  readonly host: Host;
  readonly signal: AbortSignal;
}

export interface Extracted {
  readonly entries: readonly TreeEntry[];
  /** Version of each package that was extracted, by name. */
  readonly versions: ReadonlyMap<string, string>;
}

/**
 * The files of Debian packages and of what they depend on, not installed: no script of theirs runs.
 * @throws GocliError DOWNLOAD, TOOL_MISSING
 */
export async function extractPackages(request: ExtractRequest): Promise<Extracted> {
  const { packages, pins, scratch, host, signal } = request;
  const versions = parsePins(await readFile(pins, 'utf8'));
  const name = packages.join('+');
  const tar = join(scratch, `${name}.tar`);
  const names = join(scratch, `${name}.names`);
  const preferences = join(scratch, `${name}.pref`);
  await writeFile(preferences, renderPreferences(versions));
  const argv = extractArgv({ packages, tar, names, preferences, sources: await debianSources(host, signal) });
  const result = await host.run(argv, { signal, allowFailure: true });
  if (result.exitCode !== 0) {
    throw new GocliError('DOWNLOAD', `these Debian packages could not be extracted: ${packages.join(' ')}`, {
      observed: lastLines(result.stderr, 12),
      hint: 'Check that `apt-get update` works on this host.',
    });
  }
  return {
    entries: await readTree(createReadStream(tar)),
    versions: parseDebNames(await readFile(names, 'utf8')),
  };
}

interface ExtractFiles {
  readonly packages: readonly string[];
  /** Written: the tree. */
  readonly tar: string;
  /** Written: paths of the packages' files. */
  readonly names: string;
  /** Read: which versions to take. */
  readonly preferences: string;
  readonly sources: readonly string[];
}

/** Pure part of {@link extractPackages}. The hooks are lines for a shell, in which $1 is the tree. */
export function extractArgv(files: ExtractFiles): [string, ...string[]] {
  const { packages, tar, names, preferences, sources } = files;
  return [
    'mmdebstrap',
    '--quiet',
    '--variant=extract',
    '--architectures=amd64',
    `--include=${packages.join(',')}`,
    `--setup-hook=cp ${quote(preferences)} "$1/etc/apt/preferences.d/pins.pref"`,
    `--extract-hook=ls "$1"/var/cache/apt/archives/*.deb > ${quote(names)}`,
    RELEASE,
    tar,
    ...sources,
  ];
}

/** `name=version` lines to versions by name. */
function parsePins(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')]));
}

/** Paths such as `…/libc6_2.41-12_amd64.deb`, an epoch's colon as %3a, to versions by name. */
export function parseDebNames(text: string): Map<string, string> {
  const found = [...text.matchAll(/([^/\s]+)_([^/\s]+)_[a-z0-9]+\.deb$/gm)];
  return new Map(found.map(([, name = '', version = '']) => [name, decodeURIComponent(version)]));
}

/** A priority above 1000 takes the version even when the mirror has a newer one (apt_preferences(5)). */
function renderPreferences(versions: ReadonlyMap<string, string>): string {
  return [...versions]
    .map(([name, version]) => `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n`)
    .join('\n');
}
