import { GocliError, isCode, messageOf } from '../../errors/error.ts';
import { factsOf } from '../../provider/facts.ts';
import { inTime } from '../../waiting/in-time.ts';
import { notice, type RigDeps } from '../deps.ts';
import { requireState } from '../find.ts';
import { kindOf } from '../kind.ts';
import type { FoundRig } from '../life.ts';
import type { UpRequest } from '../up.ts';

/** Milliseconds for all commands, each of which is ended earlier (warm-command.ts). One that is not may go on for ever. */
const RUN_MS = 900_000;
const UNDO_MS = 240_000;

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
  const warming = await kind.warming(found, deps);
  try {
    const bounds = { signal, timeoutMs: RUN_MS };
    await inTime(`${name} is warmed up`, bounds, (bounded) => warming.run(commands, bounded));
  } catch (error) {
    signal.throwIfAborted();
    if (isCode(error, 'TIMEOUT')) throw error;
    const seen = error instanceof GocliError ? error.observed : undefined;
    const why = [messageOf(error), ...(seen === undefined ? [] : [seen])].join(': ');
    notice(deps, `${name} is not warmed up whole, and stands ready all the same: ${why}`, 'warning');
  }
  await inTime(`nothing is left of what warmed ${name} up`, { signal, timeoutMs: UNDO_MS }, (bounded) =>
    warming.undo(bounded),
  );
}
