import { listProviderFolders } from '../provider/folders.ts';
import { isCode } from '../errors/error.ts';
import { changedInputs } from './hash.ts';
import { identifySteps, type StepIdentity } from './plan-steps.ts';
import { readAsFar, readUnmade } from './recipe.ts';
import { findingLine } from '../provider/finding.ts';
import type { Settings } from '../provider/settings.ts';
import type { ProvisionStep, StepName } from './step.ts';

/** A provider, and whether its image is another one than it was. */
export interface Rebuild {
  readonly name: string;
  readonly rebuild: boolean;
  /** Inputs of its steps that differ, as files below `cluster-provision` and names of values; or why all of them do, or that cannot be told. */
  readonly why: readonly string[];
}

/**
 * Which providers must be made anew because something that their image is made from differs.
 * @param before `cluster-provision` as it was; undefined when there was none
 * @param settings without the variables that a provider cannot be read without, it is not to be made anew
 * @throws GocliError BAD_FILE for a provider of now that is wrong
 */
export async function rebuildsSince(
  before: string | undefined,
  now: string,
  steps: readonly ProvisionStep[],
  settings?: Settings,
): Promise<Rebuild[]> {
  const old = before === undefined ? [] : await listProviderFolders(before);
  const rebuilds: Rebuild[] = [];
  for (const { name, folder } of await listProviderFolders(now)) {
    const { recipe, unset } = await readAsFar(folder, settings);
    if (recipe === undefined) {
      rebuilds.push({ name, rebuild: false, why: unset.map(findingLine) });
      continue;
    }
    const present = await identifySteps(steps, recipe);
    const was = old.find((one) => one.name === name);
    const past = was === undefined ? undefined : await identityThen(was.folder, steps, settings);
    const why =
      past === undefined
        ? [was === undefined ? 'it is new' : 'it cannot be read as it was']
        : differences(past, present);
    rebuilds.push({ name, rebuild: why.length > 0, why });
  }
  return rebuilds;
}

/** Undefined for what the present gocli cannot read. */
async function identityThen(
  folder: string,
  steps: readonly ProvisionStep[],
  settings: Settings | undefined,
): Promise<Map<StepName, StepIdentity> | undefined> {
  try {
    return await identifySteps(steps, await readUnmade(folder, settings));
  } catch (error) {
    if (isCode(error, 'BAD_FILE') || isCode(error, 'FILE')) return undefined;
    throw error;
  }
}

function differences(
  past: ReadonlyMap<StepName, StepIdentity>,
  present: ReadonlyMap<StepName, StepIdentity>,
): string[] {
  const own = (identity: StepIdentity | undefined): Record<string, string> =>
    Object.fromEntries(Object.entries(identity?.digests ?? {}).filter(([name]) => !name.startsWith('need:')));
  const changed = [...present].flatMap(([step, identity]) =>
    changedInputs(own(past.get(step)), own(identity)),
  );
  return [...new Set(changed)].sort();
}
