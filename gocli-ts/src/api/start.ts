import { startStopped } from '../rig/stop.ts';
import type { Context } from './context.ts';
import { withEach, type HoldRequest, type HoldResult } from './hold.ts';
import { WAIT_MS } from './wait.ts';

export interface StartRequest extends HoldRequest {
  /** Milliseconds that each wait may take; ten minutes unless told. */
  readonly timeoutMs?: number | undefined;
  /** Host ports that are to replace those it had, by `<container port>/<protocol>`. */
  readonly pinnedPorts?: Readonly<Record<string, number>> | undefined;
}

/**
 * Brings stopped rigs back as they were, on the ports they had.
 * @throws GocliError NOT_FOUND, CONFLICT (not stopped), PORT_TAKEN, TIMEOUT
 */
export function start(request: StartRequest, context: Context): Promise<HoldResult> {
  const { timeoutMs = WAIT_MS, pinnedPorts = {} } = request;
  return withEach(request, 'stopped', context, (found, steps, own) =>
    startStopped(found, { timeoutMs, pinnedPorts }, steps, own),
  );
}
