import { GocliError, messageOf } from '../../errors/error.ts';
import { factsOf } from '../../provider/facts.ts';
import { inTime } from '../../waiting/in-time.ts';
import { notice, type RigDeps } from '../deps.ts';
import { requireState } from '../find.ts';
import { kindOf } from '../kind.ts';
import type { FoundRig } from '../life.ts';
import type { UpRequest } from '../up.ts';

/** Milliseconds for each part: a first pod takes ten seconds under emulation. */
const LIMIT_MS = 240_000;

/**
 * Does in a Ready rig what its provider says that users do first, and undoes it. A command that fails ends that, and is
 * told: the rig is as good as one that was thawed, and slower for whoever is the first.
 * @throws GocliError when something of it would be seen
 */
export async function warmUp(
  found: FoundRig,
  { image, reference }: Pick<UpRequest, 'image' | 'reference'>,
  deps: RigDeps,
): Promise<void> {
  const { signal } = deps;
  const { name } = found;
  const { warm: commands } = factsOf(image, reference);
  if (commands === undefined)
    notice(deps, `${name} is not warmed up: ${reference} was made before an image said by what.`);
  const kind = kindOf(deps.kinds, requireState(found).plan.guest);
  if (commands === undefined || commands.length === 0 || kind.warming === undefined) return;
  const bounds = { signal, timeoutMs: LIMIT_MS };
  const warming = await kind.warming(found, deps);
  try {
    await inTime(`${name} is warmed up`, bounds, (bounded) => warming.run(commands, bounded));
  } catch (error) {
    signal.throwIfAborted();
    const seen = error instanceof GocliError ? error.observed : undefined;
    const why = [messageOf(error), ...(seen === undefined ? [] : [seen])].join(': ');
    notice(deps, `${name} is not warmed up whole, and stands ready all the same: ${why}`, 'warning');
  }
  await inTime(`nothing is left of what warmed ${name} up`, bounds, (bounded) => warming.undo(bounded));
}
