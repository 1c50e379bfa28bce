import { linked } from '../shared/limit.ts';
import type { Docker } from './interface.ts';

/** Milliseconds for a word of whoever has it: a process that is stopped (Ctrl-Z) says none, and has it all the same. */
const WORD_MS = 1000;

/**
 * A lock of the daemon if nobody has it, undefined instead of a wait.
 * @throws what the lock throws; the signal's reason
 */
export async function lockIfFree(
  name: string,
  { docker, signal }: { readonly docker: Docker; readonly signal: AbortSignal },
): Promise<AsyncDisposable | undefined> {
  using asking = linked(signal);
  const onWait = (): void => {
    asking.abort(new Error(`somebody has the lock ${name}`));
  };
  const silent = setTimeout(onWait, WORD_MS);
  try {
    return await docker.system.lock(name, { signal: asking.signal, onWait }).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!asking.signal.aborted) throw error;
      return undefined;
    });
  } finally {
    clearTimeout(silent);
  }
}
