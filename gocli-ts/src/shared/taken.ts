import { finished, Transform } from 'node:stream';
import { abortReason } from './clock.ts';
import { linked } from './limit.ts';

/**
 * Waits until a stream that stays open has taken all that was written to it. `pipe` and `pipeline` are done when all was
 * given to it: what a slow one still holds would be missing in what its owner sees then. What a Transform passes on may be
 * read later, and one that is closed takes nothing any more; neither is waited for.
 * @throws whatever it fails with, or the signal's reason
 */
export async function taken(to: NodeJS.WritableStream, signal?: AbortSignal): Promise<void> {
  using together = linked(signal);
  const { signal: ended } = together;
  ended.throwIfAborted();
  const holds = 'writableLength' in to && to.writableLength !== 0;
  if (!to.writable || !holds || to instanceof Transform) return;
  await new Promise<void>((resolve, reject) => {
    // Of a stream that is destroyed while a piece is under way no callback comes.
    const leave = finished(to, (error) => {
      settle(error);
    });
    const settle = (error: unknown): void => {
      leave();
      if (error instanceof Error && !isClosed(error)) reject(error);
      else resolve();
    };
    ended.addEventListener(
      'abort',
      () => {
        settle(abortReason(ended));
      },
      { once: true },
    );
    to.write('', settle);
  });
}

function isClosed(error: Error): boolean {
  return (
    'code' in error && (error.code === 'ERR_STREAM_PREMATURE_CLOSE' || error.code === 'ERR_STREAM_DESTROYED')
  );
}
