import { conditionHistory, type DatedCondition } from '../rig/condition-history.ts';
import { rigClocks, type MachineClock } from '../rig/clocks.ts';
import { rigStatus } from '../rig/status.ts';
import { untilOf } from '../rig/time-limit.ts';
import { chooseAny, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';

export interface StatusResult {
  readonly name: string;
  /** Whether all conditions are met. */
  readonly ready: boolean;
  readonly conditions: readonly DatedCondition[];
  /** Clocks of the machines that run. A wrong one is right again within 30 s, so Ready does not stand for them. */
  readonly clocks: readonly MachineClock[];
  /** RFC 3339 time from which on `gc` and `run` remove it; null when it has no time limit. */
  readonly until: string | null;
}

/** Looks once at everything that Ready stands for, and at the machines' clocks. @throws GocliError BAD_VALUE, NOT_FOUND */
export async function status(request: RigChoice, context: Context): Promise<StatusResult> {
  const found = await chooseAny(request, context);
  const [{ ready, conditions }, clocks] = await Promise.all([
    rigStatus(found, context),
    rigClocks(found, context),
  ]);
  const dated = await conditionHistory(context.paths, found.name, conditions, context.clock.now());
  return { name: found.name, ready, conditions: dated, clocks, until: untilOf(found.state) };
}
