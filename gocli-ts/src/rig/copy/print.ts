import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GocliError, messageOf } from '../../errors/error.ts';
import { explainFileError } from '../../errors/file-error.ts';
import { linked } from '../../shared/limit.ts';
import { taken } from '../../shared/taken.ts';
import { ABSENT, PRINT } from './scripts.ts';
import { failed, type Place } from './transfer.ts';

/** Where a file is printed to. */
export interface Output {
  readonly stream: Writable;
  readonly name: string;
  /** Whether it is ended with the file. */
  readonly end: boolean;
}

/**
 * Sends the bytes of one file to a stream.
 * @throws GocliError NOT_FOUND, COMMAND, REMOTE_COMMAND, FILE, DISK_FULL, GUEST_UNREACHABLE
 */
export async function print(from: Place, { stream, name, end }: Output, signal: AbortSignal): Promise<void> {
  using together = linked(signal);
  const sink = new PassThrough();
  const writing = write(sink, { stream, end }, together.signal).catch((error: unknown) => {
    // Nobody reads any more; without this the guest would wait for ever.
    together.abort(error);
    throw error;
  });
  const running = from.end
    .run(PRINT, [from.path], { stdout: sink, signal: together.signal })
    .finally(() => sink.end());
  const [ran, written] = await Promise.allSettled([running, writing]);
  signal.throwIfAborted();
  if (ran.status === 'rejected' && ran.reason !== together.signal.reason) throw ran.reason;
  if (ran.status === 'fulfilled' && ran.value.exitCode === ABSENT) {
    throw new GocliError('NOT_FOUND', `${from.path} is not there ${from.end.where}, or is no file`);
  }
  if (ran.status === 'fulfilled' && ran.value.exitCode !== 0)
    throw failed(from.end, `${from.path} cannot be read ${from.end.where}`, ran.value.stderr);
  if (written.status === 'rejected') throw unwritten(name, written.reason);
}

async function write(
  from: Readable,
  { stream, end }: Pick<Output, 'stream' | 'end'>,
  signal: AbortSignal,
): Promise<void> {
  await pipeline(from, stream, { end, signal });
  if (!end) await taken(stream, signal);
}

/** A stream that is no file's may fail with anything. */
function unwritten(name: string, error: unknown): unknown {
  const explained = explainFileError(error, { path: name, done: 'written' });
  if (explained instanceof GocliError) return explained;
  return new GocliError('FILE', `${name} cannot be written`, { cause: error, observed: messageOf(error) });
}
