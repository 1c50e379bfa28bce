import { constants, createWriteStream, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { isErrno } from '../../errors/file-error.ts';
import { systemClock } from '../../shared/clock.ts';

const POLL_MS = 50;

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

function writerOf(fd: number): Writable {
  const writer = new Socket({ fd, readable: false, writable: true });
  // Seen once in many: when the reader closes, libuv tries to read (EBADF) after all was written and nobody listens.
  return writer.on('error', () => undefined);
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
