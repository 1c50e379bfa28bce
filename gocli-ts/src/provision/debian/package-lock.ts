import { GocliError } from '../../errors/error.ts';

/** One Debian package, pinned. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Of the .deb file, 64 hex digits. */
  readonly sha256: string;
}

const LINE = /^([a-z0-9][a-z0-9+.-]*) ([A-Za-z0-9.+:~-]+) ([0-9a-f]{64})$/;
const NAME = /^[a-z0-9][a-z0-9+.-]*$/;

/** Reads `name version sha256` lines. @throws GocliError BAD_FILE with file and line */
export function parseLock(text: string, file: string): LockedPackage[] {
  return contentLines(text).map(({ line, number }) => {
    const [, name, version, sha256] = LINE.exec(line) ?? [];
    if (name === undefined || version === undefined || sha256 === undefined) {
      throw new GocliError('BAD_FILE', `${file}:${number}:1: not of the form "name version sha256"`, {
        hint: 'The file is written by gocli; remove it to have it made anew.',
      });
    }
    return { name, version, sha256 };
  });
}

/** Sorted, so that a change of one package is a change of one line. */
export function formatLock(packages: readonly LockedPackage[]): string {
  return sorted(packages)
    .map(({ name, version, sha256 }) => `${name} ${version} ${sha256}\n`)
    .join('');
}

/** Reads a package list: one name per line, `#` begins a comment. @throws GocliError BAD_FILE with file and line */
export function parsePackageList(text: string, file: string): string[] {
  return contentLines(text).map(({ line, number }) => {
    if (NAME.test(line)) return line;
    throw new GocliError('BAD_FILE', `${file}:${number}:1: "${line}" is not the name of a Debian package`);
  });
}

/** `name=version` lines, as apt and mmdebstrap take them. */
export function formatPins(packages: readonly LockedPackage[]): string {
  return sorted(packages)
    .map(({ name, version }) => `${name}=${version}\n`)
    .join('');
}

export interface LockDiff {
  /** For people: `+ name version`, `- name version`, `~ name old -> new`. */
  readonly lines: readonly string[];
  /** Same version, other content: `name version`. Never an ordinary renewal. */
  readonly tampered: readonly string[];
}

/** What differs between the committed lock and what the mirror gives. */
export function diffLocks(before: readonly LockedPackage[], after: readonly LockedPackage[]): LockDiff {
  const old = new Map(before.map((item) => [item.name, item]));
  const now = new Map(after.map((item) => [item.name, item]));
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  const tampered: string[] = [];
  const lines = names.flatMap((name) => {
    const was = old.get(name);
    const is = now.get(name);
    if (was === undefined) return [`+ ${name} ${is?.version ?? ''}`];
    if (is === undefined) return [`- ${name} ${was.version}`];
    if (was.version !== is.version) return [`~ ${name} ${was.version} -> ${is.version}`];
    if (was.sha256 !== is.sha256) tampered.push(`${name} ${is.version}`);
    return [];
  });
  return { lines, tampered };
}

function sorted(packages: readonly LockedPackage[]): LockedPackage[] {
  return [...packages].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function contentLines(text: string): { line: string; number: number }[] {
  return text
    .split('\n')
    .map((raw, index) => ({ line: raw.replace(/#.*/, '').trim(), number: index + 1 }))
    .filter(({ line }) => line !== '');
}
