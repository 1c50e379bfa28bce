import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { GocliError } from '../errors/error.ts';
import { linked } from '../shared/limit.ts';

/** What a tar archive says of one of its entries. */
export interface WalkedEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'symlink' | 'hardlink' | 'other';
  /** Bytes. */
  readonly size: number;
  /** Of a link; empty for all else. */
  readonly target: string;
}

const TYPES: Readonly<Partial<Record<string, WalkedEntry['type']>>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
  symlink: 'symlink',
  link: 'hardlink',
};

/**
 * Shows each entry of a tar stream, in its order; nothing is unpacked. The stream is used up or destroyed.
 * @param visit may leave the content alone; what it returns says whether to go on
 * @throws what the stream, tar-stream (not a tar archive, broken off) and the visit throw; the signal's reason
 */
export async function walkTar(
  tar: Readable,
  signal: AbortSignal,
  visit: (entry: WalkedEntry, content: Readable) => Promise<'on' | 'enough'>,
): Promise<void> {
  const archive = extract();
  // However it is left, nothing is read any more then.
  using limit = linked(signal);
  const fed = pipeline(tar, archive, { signal: limit.signal });
  // Awaited in the end; until then the loop reports what goes wrong.
  fed.catch(() => undefined);
  try {
    for await (const entry of archive) {
      const { name, type, size, linkname } = entry.header;
      const shown = { name, type: TYPES[type] ?? 'other', size, target: isLink(type) ? linkname : '' };
      if ((await visit(shown, Readable.from(entry))) === 'enough') return;
      entry.resume();
    }
    await fed;
  } catch (error) {
    signal.throwIfAborted();
    // What a visit refuses ends the stream, too.
    if (error instanceof GocliError) throw error;
    // Of a stream that broke off, the archive knows nothing but that.
    throw tar.errored ?? error;
  }
}

function isLink(type: Header['type']): boolean {
  return type === 'symlink' || type === 'link';
}
