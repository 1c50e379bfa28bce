import { z } from 'zod';
import type { Clock } from '../shared/clock.ts';
import { attempt } from '../waiting/attempt.ts';
import type { ApiClient } from './api.ts';

/** Pods that did not change for so long are taken as settled. */
const QUIET_MS = 10_000;
/** A cluster that never becomes quiet is frozen as it is. */
const LIMIT_MS = 30_000;
const POLL_MS = 1000;

const podsSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ uid: z.string(), resourceVersion: z.string() }) })),
});

/** Milliseconds for one answer of the API server; one that hangs must not hold a cluster that is Ready. */
const LOOK_MS = 5000;

/**
 * Waits until no pod has changed for ten seconds, thirty at most; a look without an answer is no quiet one.
 * @param lookMs milliseconds for one look
 * @returns true when it became quiet
 * @throws GocliError KUBERNETES; the signal's reason
 */
export async function settled(
  api: ApiClient,
  clock: Clock,
  signal: AbortSignal,
  lookMs = LOOK_MS,
): Promise<boolean> {
  const start = clock.monotonic();
  let quietSince = start;
  let before: string | undefined;
  while (clock.monotonic() - start < LIMIT_MS) {
    const look = await attempt(signal, lookMs, (bounded) => api.json('/api/v1/pods', bounded));
    const now = look.done ? versionsOf(look.value) : undefined;
    if (now === undefined || now !== before) quietSince = clock.monotonic();
    before = now;
    if (clock.monotonic() - quietSince >= QUIET_MS) return true;
    await clock.sleep(POLL_MS, signal);
  }
  return false;
}

/** All pods and their versions, as one text. */
function versionsOf(pods: unknown): string {
  const { items } = podsSchema.parse(pods);
  const lines = items.map(({ metadata: { uid, resourceVersion } }) => `${uid} ${resourceVersion}`);
  return lines.sort().join('\n');
}
