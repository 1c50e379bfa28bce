import { finished, type Readable } from 'node:stream';
import { linked } from '../../shared/limit.ts';

/**
 * Runs a request that sends a stream to the daemon. The client pipes it, which tells neither side of the end of the
 * other: here a stream that breaks off ends the request, and the end of the request ends the stream, so that whoever
 * writes into it does not wait for ever.
 * @throws the stream's error; what the request throws
 */
export async function sending<T>(
  stream: Readable,
  signal: AbortSignal | undefined,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using limit = linked(signal);
  const unwatch = finished(stream, { writable: false }, (error) => {
    if (error) limit.abort(stream.errored ?? new Error('what was to be sent broke off'));
  });
  try {
    return await request(limit.signal);
  } catch (error) {
    limit.signal.throwIfAborted();
    throw error;
  } finally {
    unwatch();
    stream.destroy();
  }
}
