import { abortReason } from './clock.ts';
import { linked } from './limit.ts';

/**
 * Waits until a stream that stays open has taken all that was written to it. `pipe` and `pipeline` are done when all was
 * given to it: what a slow one still holds would be missing in what its owner sees then.
 * @throws whatever it fails with, or the signal's reason; not of a stream that was closed meanwhile
 */
export async function taken(to: NodeJS.WritableStream, signal?: AbortSignal): Promise<void> {
  using together = linked(signal);
  const { signal: ended } = together;
  ended.throwIfAborted();
  if (!to.writable) return;
  await new Promise<void>((resolve, reject) => {
    const giveUp = (): void => {
      reject(abortReason(ended));
    };
    ended.addEventListener('abort', giveUp, { once: true });
    to.write('', (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
