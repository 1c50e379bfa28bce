import type { Steps } from '../events/steps.ts';
import { estimatedSteps } from '../host/timings.ts';
import { findRigs, phaseOf, type RigPhase, type FoundRig } from '../rig/find.ts';
import { chooseAny, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';
import { onRig } from './operation.ts';

/** Which rigs are to be held, or let go. */
export interface HoldRequest extends RigChoice {
  /** Every rig that this concerns. */
  readonly all?: boolean | undefined;
}

export interface HoldResult {
  /** Names of the rigs with which it was done. */
  readonly clusters: readonly string[];
  readonly seconds: number;
}

/** Does it with the rig named, or with all that are in one of the phases, one after the other. */
export async function withEach(
  request: HoldRequest,
  phases: readonly RigPhase[],
  context: Context,
  work: (found: FoundRig, steps: Steps, context: Context) => Promise<unknown>,
): Promise<HoldResult> {
  const rigs =
    request.all === true
      ? (await findRigs(context.docker, context.paths)).filter((found) => phases.includes(phaseOf(found)))
      : [await chooseAny(request, context)];
  const start = context.clock.monotonic();
  for (const found of rigs) {
    const own = onRig(context, found.name);
    await work(found, await estimatedSteps(own), own);
  }
  return { clusters: rigs.map(({ name }) => name), seconds: (context.clock.monotonic() - start) / 1000 };
}
