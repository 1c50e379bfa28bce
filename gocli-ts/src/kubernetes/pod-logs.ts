import { MIB } from '../shared/size.ts';
import { PassThrough } from 'node:stream';
import { readTree } from '../place/tree.ts';
import type { LogFile } from '../rig/logs/part.ts';
import type { SshConnection } from '../ssh/interface.ts';

/** Bytes of the end of each pod log that are kept. */
const POD_LOG_BYTES = 5 * MIB;

/** Packs the end of every pod log, with its path below /var/log/pods, as a tar stream. */
const PACK_POD_LOGS = [
  'cd /var/log/pods || exit 0',
  'into=$(mktemp -d) && trap \'rm -rf "$into"\' EXIT',
  `find . -name '*.log' | while read -r log; do mkdir -p "$into/\${log%/*}" && tail -c ${POD_LOG_BYTES} "$log" > "$into/$log"; done`,
  'tar -C "$into" -c .',
].join('\n');

/** The end of every pod log of a node. @param folder of the export that they go into */
export async function podLogs(
  connection: SshConnection,
  folder: string,
  signal: AbortSignal,
): Promise<LogFile[]> {
  const tar = new PassThrough();
  const [entries] = await Promise.all([
    readTree(tar),
    connection.run(PACK_POD_LOGS, { signal, stdout: tar }).finally(() => tar.end()),
  ]);
  return entries.flatMap((entry) =>
    entry.type === 'file' && Buffer.isBuffer(entry.content) && isInside(entry.path)
      ? [{ path: `${folder}/${entry.path}`, content: entry.content.toString('utf8') }]
      : [],
  );
}

/** The names come from the guest; none may lead out of the export's folder. */
export function isInside(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
}
