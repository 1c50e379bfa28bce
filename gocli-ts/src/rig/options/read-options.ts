import type { GocliError } from '../../errors/error.ts';
import { collect, throwAll } from '../../errors/several.ts';
import type { RigPlan } from '../plan.ts';
import {
  AS_FLAGS,
  type AnyOption,
  type HostPorts,
  type Naming,
  type OptionList,
  type PlanAbout,
  type ValuesOf,
} from './option.ts';

/** Throws what is wrong with values of options, if anything is. @throws GocliError */
export function throwValues(errors: readonly GocliError[], { all } = AS_FLAGS): void {
  throwAll(errors, all);
}

/** A value of an option as it was written, of the type that the option says, and where. */
export interface Written {
  readonly key: string;
  readonly input: unknown;
  readonly at: string;
}

/**
 * Reads everything that was written, each by its option; of several for one option the last counts.
 * @throws GocliError BAD_VALUE that tells of everything that is wrong
 */
export function readOptions<O extends OptionList>(
  options: O,
  written: readonly Written[],
  naming: Naming,
): ValuesOf<O> {
  const { values, errors } = tryOptions(options, written);
  throwValues(errors, naming);
  return values;
}

/** The same, with what can be read, and an error for each value that cannot. */
export function tryOptions<O extends OptionList>(
  options: O,
  written: readonly Written[],
): { values: ValuesOf<O>; errors: GocliError[] } {
  const values: Record<string, unknown> = {};
  const errors: GocliError[] = [];
  for (const { key, input, at } of written) {
    collect(errors, () => {
      values[key] = options[key]?.read(input as never, at);
    });
  }
  return { values: values as ValuesOf<O>, errors };
}

/** The plan that the provider's defaults and these values give. @throws GocliError BAD_VALUE, of all that is wrong */
export function applyOptions(
  options: OptionList,
  values: Readonly<Record<string, unknown>>,
  plan: RigPlan,
  found: Omit<PlanAbout, 'host'>,
): RigPlan {
  let { guest } = plan;
  const host = applyToHost(options, values, plan.host);
  const about = { ...found, host };
  for (const [option, value] of given(options, values)) guest = { ...guest, ...option.guest?.(value, guest) };
  const errors: GocliError[] = [];
  for (const [key, option] of Object.entries(options))
    collect(errors, () => option.check?.(guest, about, about.naming.of(key)));
  throwValues(errors, about.naming);
  return { guest, host };
}

/** A host plan that these values have changed. */
export function applyToHost<H extends HostPorts>(
  options: OptionList,
  values: Readonly<Record<string, unknown>>,
  plan: H,
): H {
  let host = plan;
  for (const [option, value] of given(options, values)) host = { ...host, ...option.host?.(value, host) };
  return host;
}

/** Every option of a list that has a value, in the list's order. */
function given(
  options: OptionList,
  values: Readonly<Record<string, unknown>>,
): (readonly [AnyOption, unknown])[] {
  return Object.entries(options)
    .map(([key, option]) => [option, values[key]] as const)
    .filter(([, value]) => value !== undefined);
}
