import { applyToHost } from '../rig/options/read-options.ts';
import { timeout } from '../rig/options/timeout.ts';
import { startStopped } from '../rig/start/stopped.ts';
import type { Context } from './context.ts';
import { withEach, type EachRigRequest, type EachRigResult } from './each-rig.ts';
import { KIND_OPTIONS } from './kinds.ts';
import { hostOptions, readInputs, type InputsOf } from './options.ts';
import { WAIT_MS } from './wait.ts';
import { aroundNow } from './settings.ts';

/** Options of `start`: how long it may take, and host ports that are to replace those that the rig had. */
export const START_OPTIONS = { timeout, ...hostOptions(KIND_OPTIONS) } as const;

export type StartRequest = EachRigRequest & InputsOf<typeof START_OPTIONS>;

/**
 * Brings stopped rigs back as they were, on the ports they had.
 * @throws GocliError BAD_VALUE, NOT_FOUND, CONFLICT (not stopped), PORT_TAKEN, TIMEOUT
 */
export async function start(request: StartRequest, context: Context): Promise<EachRigResult> {
  const { name, all, ...inputs } = request;
  const values = readInputs(START_OPTIONS, inputs, context.naming);
  const { pinnedPorts } = applyToHost(START_OPTIONS, values, { pinnedPorts: {} });
  const around = await aroundNow(context);
  const restore = { timeoutMs: values.timeout ?? WAIT_MS, pinnedPorts, ...around };
  return withEach({ name, all }, 'start', context, (found, steps, own) =>
    startStopped(found, restore, steps, own),
  );
}
