import { close, constants, createWriteStream, openSync, write } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { isErrno } from '../../errors/file-error.ts';
import { systemClock } from '../../shared/clock.ts';

/** Milliseconds until somebody is looked for again who reads the pipe. */
const POLL_MS = 50;
/** Milliseconds until a pipe that is full is tried again: 64 KiB a millisecond are more than any guest sends. */
const FULL_MS = 1;

/**
 * Opens what is no regular file for writing. A pipe is waited for until somebody reads it, as open(2) does. That one
 * waits in a thread that nothing can end, and that the process waits for at its own end; here the signal ends it, also
 * while a reader does not read.
 * @throws an error of node:fs; the signal's reason
 */
export async function openSpecial(path: string, signal: AbortSignal): Promise<Writable> {
  if (!(await stat(path)).isFIFO()) return createWriteStream(path);
  for (;;) {
    const fd = openIfRead(path);
    if (fd !== undefined) return writerOf(fd);
    await systemClock.sleep(POLL_MS, signal);
  }
}

/**
 * Writes to a descriptor that does not block. A socket of node:net would do so, too, but it closes the descriptor past
 * node:fs, and a worker thread that opened it closes the number once more at its end, whosever it is by then.
 */
function writerOf(fd: number): Writable {
  let writing: Promise<void> = Promise.resolve();
  const writer = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      writing = writeAll(fd, chunk, writer);
      writing.then(() => {
        done();
      }, done);
    },
    destroy: (error, done) => {
      const end = (): void => {
        close(fd, (failure) => {
          done(error ?? failure);
        });
      };
      // The number may be another file's as soon as it is closed.
      writing.then(end, end);
    },
  });
  return writer;
}

async function writeAll(fd: number, chunk: Buffer, writer: Writable): Promise<void> {
  let rest = chunk;
  while (rest.length > 0 && !writer.destroyed) {
    try {
      const { bytesWritten } = await promisify(write)(fd, rest);
      rest = rest.subarray(bytesWritten);
    } catch (error) {
      if (!isErrno(error, 'EAGAIN')) throw error;
      await systemClock.sleep(FULL_MS);
    }
  }
}

/** Undefined while nobody reads the pipe: ENXIO (fifo(7)). */
function openIfRead(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENXIO')) return undefined;
    throw error;
  }
}
