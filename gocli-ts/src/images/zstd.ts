import { PassThrough, Transform, type Readable, type Writable } from 'node:stream';
import { GocliError } from '../errors/error.ts';
import { contentOf, spool } from '../host/spool.ts';
import type { Host } from '../host/interface.ts';
import { linked } from '../shared/limit.ts';
import { formatBytes, MIB } from '../shared/size.ts';
import { lastLines } from '../shared/text.ts';
import { badArchive } from './bad-archive.ts';
import type { ArchiveSource } from './source.ts';

/** Images shrink to a third; only bytes that are all alike shrink more than that. */
const MOST_SHRUNK = 200;
/** Bytes of which no proportion says anything. */
const LITTLE = 64 * MIB;

export interface ZstdWork {
  readonly host: Pick<Host, 'run' | 'which'>;
  readonly signal: AbortSignal;
}

/**
 * Compresses, with a checksum in the frame (RFC 8878, "Content_Checksum").
 * @param tell bytes that were read so far
 * @throws GocliError TOOL_MISSING, COMMAND; the error of either stream; the signal's reason
 */
export async function zstd(
  from: Readable,
  to: Writable,
  tell: (bytes: number) => void,
  { host, signal }: ZstdWork,
): Promise<void> {
  await requireZstd(host);
  const stdin = counted(from, tell);
  try {
    await host.run(['zstd', '-q', '-T0', '--check', '-c'], { stdin, stdout: to, signal });
    if (stdin.errored !== null) throw stdin.errored;
  } catch (error) {
    from.destroy();
    signal.throwIfAborted();
    // What the program says of it is less.
    throw stdin.errored ?? to.errored ?? error;
  }
}

/** Node 20 has no zstd of its own. @throws GocliError TOOL_MISSING */
async function requireZstd(host: Pick<Host, 'which'>): Promise<void> {
  if ((await host.which('zstd')) !== undefined) return;
  throw new GocliError(
    'TOOL_MISSING',
    'zstd is not installed, which the archives of providers are compressed with',
    {
      hint: 'Install its package, which has the same name: apt-get install zstd',
    },
  );
}

/** A stream that tells how much has gone through it. */
function counted(stream: Readable, tell: (bytes: number) => void): Readable {
  let bytes = 0;
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      tell(bytes);
      done(null, chunk);
    },
  });
  stream.on('error', (error) => counter.destroy(error));
  return stream.pipe(counter);
}

/**
 * An archive that comes compressed with zstd; it is read to its end first.
 * @param name for messages
 * @param spoolFolder for what it unpacks to
 * @throws GocliError BAD_ARCHIVE (no zstd, truncated, damaged, unpacks to too much), TOOL_MISSING, DISK_FULL, FILE; the
 * stream's error; the signal's reason
 */
export async function zstdSource(
  stream: Readable,
  name: string,
  spoolFolder: string,
  { host, signal }: ZstdWork,
): Promise<ArchiveSource> {
  await requireZstd(host);
  using limit = linked(signal);
  let packed = 0;
  const stdin = counted(stream, (bytes) => {
    packed = bytes;
  });
  const out = new PassThrough();
  const argv = ['zstd', '-q', '-dc'] as const;
  const unpacking = host
    .run(argv, { stdin, stdout: out, signal: limit.signal, allowFailure: true })
    .catch((error: unknown) => {
      out.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    });
  unpacking.catch(() => undefined);
  const file = await spool(spoolFolder, out, limit.signal, (bytes) => {
    const most = Math.max(LITTLE, packed * MOST_SHRUNK);
    if (bytes > most) throw badArchive(name, `unpacks to more than ${formatBytes(most)}`);
  }).finally(() => {
    stream.destroy();
  });
  try {
    const { exitCode, stderr } = await unpacking;
    if (exitCode !== 0) throw damaged(name, stderr);
    return { name, open: () => contentOf(file), [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function damaged(name: string, stderr: string): GocliError {
  return badArchive(name, 'is no zstd archive, or is truncated or damaged', {
    observed: lastLines(stderr, 2).slice(0, 300),
    hint: 'It has to be what `gocli provider save` writes. Copy it again, and compare its size.',
  });
}
