import { z } from 'zod';
import type { Clock } from '../shared/clock.ts';
import type { ApiClient } from './api.ts';

/** Pods that did not change for so long are taken as settled. */
const QUIET_MS = 10_000;
/** A cluster that never becomes quiet is frozen as it is. */
const LIMIT_MS = 30_000;
const POLL_MS = 1000;

const podsSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ uid: z.string(), resourceVersion: z.string() }) })),
});

/** Waits until no pod has changed for ten seconds, thirty at most. Returns true when it became quiet. */
export async function settled(api: ApiClient, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const start = clock.monotonic();
  let quietSince = start;
  let before = '';
  while (clock.monotonic() - start < LIMIT_MS) {
    const { items } = podsSchema.parse(await api.json('/api/v1/pods', signal));
    const now = items
      .map(({ metadata: { uid, resourceVersion } }) => `${uid} ${resourceVersion}`)
      .sort()
      .join('\n');
    if (now !== before) quietSince = clock.monotonic();
    before = now;
    if (clock.monotonic() - quietSince >= QUIET_MS) return true;
    await clock.sleep(POLL_MS, signal);
  }
  return false;
}
