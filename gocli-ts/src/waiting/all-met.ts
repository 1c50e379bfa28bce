import type { Steps } from '../events/steps.ts';
import { waitFor, type Condition, type WaitOptions } from './condition.ts';

/** Waits for all conditions at once; the first that is not met in time is the error. */
export async function allMet(
  conditions: readonly Condition[],
  steps: Steps,
  options: WaitOptions,
): Promise<void> {
  await Promise.all(
    conditions.map((condition) =>
      steps.detail('condition', condition.name, async () => {
        await waitFor(condition, options);
      }),
    ),
  );
}
