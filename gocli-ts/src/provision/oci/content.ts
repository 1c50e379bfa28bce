import { basename, dirname, posix } from 'node:path';
import type { HostFile, TreeEntry } from '../../place/tree.ts';
import type { ComponentConfig } from '../../provider/schema.ts';

/** Of the files of Debian packages, what a program needs to run. */
const KEPT = /^(usr\/(s?bin|lib|lib64)|etc\/(protocols|services|ethertypes|ld\.so\.conf\.d))(\/|$)/;
/** Character sets, hardware crypto, and what only init systems read. */
const DROPPED =
  /^usr\/lib\/(systemd|modprobe\.d|depmod\.d|[^/]+\/(gconv|engines-3|ossl-modules|audit))(\/|$)/;
/** The links of a Debian system whose packages all live below /usr. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'] as const;

/** What the base-files and base-passwd packages would bring, as far as programs ask for it. */
const BASE: readonly TreeEntry[] = [
  { path: 'root', mode: 0o700, type: 'directory' },
  { path: 'tmp', mode: 0o1777, type: 'directory' },
  textFile(
    'etc/passwd',
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  ),
  textFile('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
];

/** The layer of a program: the file and the links by which else it is called. */
export function programEntries(program: string, file: HostFile, names: readonly string[]): TreeEntry[] {
  const path = `usr/local/bin/${program}`;
  return complete([
    { path, mode: 0o755, type: 'file', content: file },
    ...names.map((name) => link(`usr/local/bin/${name}`, program)),
  ]);
}

/**
 * The layer of Debian packages: what of their files a program needs, the links their installation would have made, and
 * a record of what they are (as scanners of images look for it).
 * @param packages name to version
 */
export function packageEntries(
  extracted: readonly TreeEntry[],
  links: Readonly<Record<string, readonly string[]>>,
  packages: ReadonlyMap<string, string>,
): TreeEntry[] {
  return complete([
    ...extracted.filter(({ path, type }) => type !== 'directory' && KEPT.test(path) && !DROPPED.test(path)),
    ...BASE,
    ...MERGED.map((name) => link(name, `usr/${name}`)),
    ...Object.entries(links).flatMap(([target, paths]) =>
      paths.map((path) => link(path.slice(1), posix.relative(dirname(path), target))),
    ),
    ...[...packages].map(([name, version]) => packageRecord(name, version)),
  ]);
}

/** Further names of a program of any component. */
export function namesOf(program: string, components: readonly ComponentConfig[]): readonly string[] {
  return components.find(({ name }) => name === program)?.names ?? [];
}

function packageRecord(name: string, version: string): TreeEntry {
  const text = `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`;
  return textFile(`var/lib/dpkg/status.d/${name}`, text);
}

function textFile(path: string, text: string): TreeEntry {
  return { path, mode: 0o644, type: 'file', content: Buffer.from(text) };
}

function link(path: string, target: string): TreeEntry {
  return { path, mode: 0o777, type: 'symlink', target };
}

/** Adds the directories, and sorts so that each comes before what is in it. The last entry of a path counts. */
function complete(entries: readonly TreeEntry[]): TreeEntry[] {
  const all = new Map<string, TreeEntry>();
  for (const entry of entries) {
    for (let path = dirname(entry.path); path !== '.'; path = dirname(path)) {
      all.set(path, { path, mode: 0o755, type: 'directory' });
    }
    all.set(entry.path, entry);
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `v1.14.2` of `registry.k8s.io/coredns/coredns:v1.14.2`. */
export function tagOf(image: string): string {
  return basename(image).replace(/^[^:]*:/, '');
}

/** Whether a tag is that of a version: etcd:3.6.8-0 holds v3.6.8. */
export function tagHolds(tag: string, version: string): boolean {
  return tag.replace(/^v/, '').replace(/-\d+$/, '') === version.replace(/^v/, '');
}
