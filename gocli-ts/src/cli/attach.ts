import type { Duplex } from 'node:stream';
import { abortReason } from '../shared/clock.ts';
import type { Session } from './session.ts';

/** Ctrl-], which telnet and virsh console use to leave too. */
const LEAVE = 0x1d;

/**
 * Connects the terminal with a line, key by key, until Ctrl-] is typed or one of both ends. The terminal is then as it
 * was, whatever happened.
 * @returns who ended it
 * @throws the error of the line; the signal's reason
 */
export async function attach(
  line: Duplex,
  { stdin, stdout, signal }: Pick<Session, 'stdin' | 'stdout' | 'signal'>,
): Promise<'user' | 'line'> {
  const release = new AbortController();
  stdin.setRawMode?.(true);
  try {
    return await new Promise<'user' | 'line'>((resolve, reject) => {
      const onAbort = (): void => {
        reject(abortReason(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true, signal: release.signal });
      // A signal that came while the connection was made tells nobody any more.
      if (signal.aborted) onAbort();
      const onLineEnd = (): void => {
        resolve('line');
      };
      line.on('data', (chunk: Buffer) => stdout.write(chunk));
      line.on('end', onLineEnd).on('close', onLineEnd).on('error', reject);
      const onKeys = (chunk: Buffer): void => {
        const end = chunk.indexOf(LEAVE);
        const keys = end === -1 ? chunk : chunk.subarray(0, end);
        if (keys.length > 0) line.write(keys);
        if (end !== -1) resolve('user');
      };
      const onHangUp = (): void => {
        resolve('user');
      };
      stdin.on('data', onKeys).on('end', onHangUp);
      release.signal.addEventListener('abort', () => {
        stdin.off('data', onKeys).off('end', onHangUp).pause();
      });
      // Whoever waits there for input writes its prompt again.
      line.write('\r');
    });
  } finally {
    release.abort();
    stdin.setRawMode?.(false);
    line.destroy();
  }
}
