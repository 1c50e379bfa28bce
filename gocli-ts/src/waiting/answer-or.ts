import { once } from 'node:events';
import { attempt } from './attempt.ts';

/**
 * What something says that cannot be given up itself, such as getaddrinfo.
 * @param otherwise what counts when it fails, or its time is over
 * @param ms milliseconds that it may take
 * @throws the signal's reason
 */
export async function answerOr<T>(
  otherwise: T,
  signal: AbortSignal,
  ms: number,
  ask: () => Promise<T>,
): Promise<T> {
  const tried = await attempt(signal, ms, (bounded) =>
    Promise.race([ask().catch(() => otherwise), once(bounded, 'abort').then(() => otherwise)]),
  );
  return tried.done ? tried.value : otherwise;
}
