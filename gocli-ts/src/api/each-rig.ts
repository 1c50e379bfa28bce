import { Failures } from '../errors/several.ts';
import type { Steps } from '../events/steps.ts';
import { estimatedSteps } from '../host/timings.ts';
import { findRigs, requireRig } from '../rig/find.ts';
import { isMeantByAll, type FoundRig, type Verb } from '../rig/life.ts';
import { chooseAny, refuseNameWithAll, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';
import { changingRig } from './operation.ts';

/** Which rigs are to be held, or let go. */
export interface EachRigRequest extends RigChoice {
  /** Every rig that this concerns. */
  readonly all?: boolean | undefined;
}

export interface EachRigResult {
  /** Names of the rigs with which it was done. */
  readonly clusters: readonly string[];
  readonly seconds: number;
}

/**
 * Does it with the rig named, or with all that the verb means, one after the other.
 * @throws GocliError USAGE (a name and all), what {@link chooseAny} throws, and the work, once all others were tried; `done`
 * is then the {@link EachRigResult} of those
 */
export async function withEach(
  request: EachRigRequest,
  verb: Verb,
  context: Context,
  work: (found: FoundRig, steps: Steps, context: Context) => Promise<unknown>,
): Promise<EachRigResult> {
  const { docker, paths } = context;
  refuseNameWithAll(request.name, request.all, context.naming);
  const names =
    request.all === true
      ? (await findRigs(docker, paths)).flatMap((found) => (isMeantByAll(verb, found) ? [found.name] : []))
      : [(await chooseAny(request, context)).name];
  const start = context.clock.monotonic();
  const done: string[] = [];
  const failures = new Failures();
  const holdOne = (name: string): Promise<void> =>
    changingRig(context, name, async (own) => {
      const found = await requireRig(docker, paths, name);
      // Somebody else was at it meanwhile.
      if (request.all === true && !isMeantByAll(verb, found)) return;
      await work(found, await estimatedSteps(own, found.state?.plan.guest.provider), own);
      done.push(name);
    });
  for (const name of names) await failures.part(() => holdOne(name));
  const result = { clusters: done, seconds: (context.clock.monotonic() - start) / 1000 };
  failures.throw(
    (count) => `with ${count.toFixed(0)} clusters it was not done`,
    done.length === 0 ? undefined : result,
  );
  return result;
}
