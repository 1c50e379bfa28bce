import { linked } from '../shared/limit.ts';
import type { Docker } from './port.ts';

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
  return await docker.system.lock(name, { signal: asking.signal, onWait }).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!asking.signal.aborted) throw error;
    return undefined;
  });
}
