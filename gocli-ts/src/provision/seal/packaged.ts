import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * MD5 digests of all files that the Debian packages installed in a tree are made of. A file with one of them is public,
 * whatever is in it: libgnutls, for one, holds the private keys of its self-test.
 */
export async function readPackagedDigests(tree: string): Promise<ReadonlySet<string>> {
  const folder = join(tree, 'var/lib/dpkg/info');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.md5sums'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return new Set(texts.flatMap(parseMd5sums));
}

/** Digests of lines `<md5>  <path>`. */
function parseMd5sums(text: string): string[] {
  return [...text.matchAll(/^([0-9a-f]{32}) {2}\S/gm)].map(([, digest = '']) => digest);
}

/** What dpkg records of a file: MD5, hexadecimal. */
export async function md5Of(file: string): Promise<string> {
  return createHash('md5')
    .update(await readFile(file))
    .digest('hex');
}
