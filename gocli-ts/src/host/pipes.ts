import { close, constants, createWriteStream, openSync, read, write } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { isErrno } from '../errors/file-error.ts';
import { systemClock } from '../shared/clock.ts';

// Named pipes, without what Node has for them. Its files block: an open(2) or read(2) waits in a thread that nothing can
// end, and that the process waits for at its own end. Its sockets close a descriptor past node:fs, so that a worker
// thread that opened it closes the number once more at its own end, whosever it is by then.

/** Milliseconds until somebody is looked for again who reads the pipe, or who writes into it now and then. */
const POLL_MS = 50;
/** Milliseconds until a full or an empty pipe is tried again: 64 KiB a millisecond are more than any guest sends. */
const AGAIN_MS = 1;
/** What a pipe holds (pipe(7)). */
const PIPE_BYTES = 65_536;

/**
 * Opens what is no regular file for writing. A pipe is waited for until somebody reads it, as open(2) does; the signal
 * ends that, and destroying the stream ends it while a reader does not read.
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

/** Undefined while nobody reads the pipe: ENXIO (fifo(7)). */
function openIfRead(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENXIO')) return undefined;
    throw error;
  }
}

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
      closeAfter(writing, fd, error, done);
    },
  });
  return writer;
}

async function writeAll(fd: number, chunk: Buffer, writer: Writable): Promise<void> {
  let rest = chunk;
  while (rest.length > 0 && !writer.destroyed) {
    const written = await unlessAgain(async () => (await promisify(write)(fd, rest)).bytesWritten);
    if (written === undefined) await systemClock.sleep(AGAIN_MS);
    else rest = rest.subarray(written);
  }
}

/** A pipe that was opened already, as the shell's `<(…)` is: whoever writes is there, or gone. */
const INHERITED = /^\/(?:dev\/fd|proc)\//;

/**
 * Opens a pipe for reading. One with a name of its own is waited for until somebody writes, as open(2) does. Destroying the
 * stream ends that, and a wait for a writer that does not write.
 * @throws an error of node:fs
 */
export function openPipe(path: string): Readable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let reading: Promise<void> = Promise.resolve();
  let waits = !INHERITED.test(path);
  const reader = new Readable({
    highWaterMark: PIPE_BYTES,
    read: () => {
      reading = readSome(fd, reader, waits);
      waits = false;
      reading.catch((error: unknown) => {
        reader.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    },
    destroy: (error, done) => {
      closeAfter(reading, fd, error, done);
    },
  });
  return reader;
}

/** @param waits whether there may be no writer yet: that and the end look alike */
async function readSome(fd: number, reader: Readable, waits: boolean): Promise<void> {
  const buffer = Buffer.allocUnsafe(PIPE_BYTES);
  for (let pause = AGAIN_MS; !reader.destroyed; pause = Math.min(2 * pause, POLL_MS)) {
    const got = await unlessAgain(
      async () => (await promisify(read)(fd, buffer, 0, PIPE_BYTES, null)).bytesRead,
    );
    if (got !== undefined && (got > 0 || !waits)) {
      reader.push(got === 0 ? null : buffer.subarray(0, got));
      return;
    }
    await systemClock.sleep(pause);
  }
}

/** Undefined where the pipe is full or empty just now. */
async function unlessAgain<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isErrno(error, 'EAGAIN')) return undefined;
    throw error;
  }
}

/** The number may be another file's as soon as it is closed, so nothing may use it any more. */
function closeAfter(
  using: Promise<void>,
  fd: number,
  error: Error | null,
  done: (error?: Error | null) => void,
): void {
  const end = (): void => {
    close(fd, (failure) => {
      done(error ?? failure);
    });
  };
  using.then(end, end);
}
