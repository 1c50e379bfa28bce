import { KUBERNETES_OPTIONS } from '../kubernetes/options/kubernetes-options.ts';
import { applyToHost } from '../rig/options/option.ts';
import { timeout } from '../rig/options/timeout.ts';
import { startStopped } from '../rig/stop.ts';
import type { Context } from './context.ts';
import { withEach, type HoldRequest, type HoldResult } from './hold.ts';
import { readInputs, type InputsOf } from './options.ts';
import { WAIT_MS } from './wait.ts';

/** Options of `start`: how long it may take, and host ports that are to replace those that the rig had. */
export const START_OPTIONS = { timeout, ...KUBERNETES_OPTIONS } as const;

export type StartRequest = HoldRequest & InputsOf<typeof START_OPTIONS>;

/**
 * Brings stopped rigs back as they were, on the ports they had.
 * @throws GocliError BAD_VALUE, NOT_FOUND, CONFLICT (not stopped), PORT_TAKEN, TIMEOUT
 */
export async function start(request: StartRequest, context: Context): Promise<HoldResult> {
  const { name, all, ...inputs } = request;
  const values = readInputs(START_OPTIONS, inputs);
  const { pinnedPorts } = applyToHost(START_OPTIONS, values, { pinnedPorts: {} });
  const restore = { timeoutMs: values.timeout ?? WAIT_MS, pinnedPorts };
  return withEach({ name, all }, 'start', context, (found, steps, own) =>
    startStopped(found, restore, steps, own),
  );
}
