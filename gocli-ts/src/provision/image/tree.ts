import type { Host } from '../../host/port.ts';

/** Packs the content of a folder, owned by root and without times, so that equal folders make equal archives. */
export async function packTree(
  host: Host,
  folder: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const reproducible = [
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mtime=@0',
    '--mode=u=rwX,go=rX',
  ];
  await host.run(['tar', '--create', `--file=${target}`, ...reproducible, '-C', folder, '.'], { signal });
}
