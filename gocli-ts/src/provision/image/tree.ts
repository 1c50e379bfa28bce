import type { Host } from '../../host/interface.ts';

/** Owner, order, times and modes that do not depend on the machine: equal files make equal archives. */
export const REPRODUCIBLE = [
  '--sort=name',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--mtime=@0',
  '--mode=u=rwX,go=rX',
] as const;

/**
 * Packs the content of a folder, owned by root and without times, so that equal folders make equal archives.
 * @param without paths below it that stay away, with all that is in them
 */
export async function packTree(
  host: Host,
  folder: string,
  target: string,
  signal: AbortSignal,
  without: readonly string[] = [],
): Promise<void> {
  const excluded = without.map((path) => `--exclude=./${path}`);
  const options = [`--file=${target}`, ...REPRODUCIBLE, '--anchored', ...excluded];
  await host.run(['tar', '--create', ...options, '-C', folder, '.'], { signal });
}
