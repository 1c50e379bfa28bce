import type { GocliError } from '../errors/error.ts';
import {
  AS_FLAGS,
  flagOf,
  type AnyOption,
  type GuestOption,
  type ImageOption,
  type Names,
  type Naming,
  type Option,
  type OptionList,
  type ValuesOf,
  writtenAs,
} from '../rig/options/option.ts';
import { readOptions, throwValues, tryOptions, type Written } from '../rig/options/read-options.ts';
import { KIND_OPTIONS } from './kinds.ts';
import type { ImageLocation } from './provider-image.ts';
import { RIG_OPTIONS } from '../rig/options/rig-options.ts';

export { isProviderName } from '../provider/name.ts';
export { AS_FLAGS, flagOf, type AnyOption, type Names, type OptionList };

/** Every option of `run`, in the order of the help text. */
export const OPTIONS = { ...RIG_OPTIONS, ...KIND_OPTIONS } as const;

/** Of a list of options those whose type says that they change the guest plan. */
type GuestKeys<O> = { [K in keyof O]: O[K] extends GuestOption<unknown, never> ? K : never }[keyof O];

/** Those of a list of options that change the guest plan: by these templates differ. */
export function guestOptions<O extends OptionList>(options: O): Pick<O, GuestKeys<O>> {
  return only(options, (option) => option.guest !== undefined) as Pick<O, GuestKeys<O>>;
}

/** Of a list of options those that say where the provider's image is. */
type ImageKeys<O> = { [K in keyof O]: O[K] extends ImageOption<string, never> ? K : never }[keyof O];

export function imageOptions<O extends OptionList>(options: O): Pick<O, ImageKeys<O>> {
  return only(options, (option) => 'locates' in option) as Pick<O, ImageKeys<O>>;
}

/** Where the image of a provider is, by what was said of it. */
export function locationOf(
  provider: string,
  values: ValuesOf<ReturnType<typeof imageOptions<typeof OPTIONS>>>,
): ImageLocation {
  const said: Readonly<Record<string, unknown>> = values;
  const parts = Object.entries(imageOptions(OPTIONS)).map(([key, { locates }]) => [locates, said[key]]);
  return { provider, ...(Object.fromEntries(parts) as Omit<ImageLocation, 'provider'>) };
}

/** Whether something was said that cannot be read and that decides what can be said of the rest. */
export function lacksGround({ values, said }: Pick<TriedOptions, 'values' | 'said'>): boolean {
  const read: Readonly<Record<string, unknown>> = values;
  return Object.entries(OPTIONS as OptionList).some(
    ([key, { underlies }]) => underlies === true && said.has(key) && read[key] === undefined,
  );
}

/** Those that change the host plan alone, which may change while the machines are what they were. */
export function hostOptions<O extends OptionList>(options: O): Omit<O, GuestKeys<O>> {
  return only(options, (option) => option.guest === undefined && option.host !== undefined) as Omit<
    O,
    GuestKeys<O>
  >;
}

function only(options: OptionList, wanted: (option: AnyOption) => boolean): OptionList {
  return Object.fromEntries(Object.entries(options).filter(([, option]) => wanted(option)));
}

export type RunValues = ValuesOf<typeof OPTIONS>;
/** What a request may say: the same keys, each in the form that its option reads. */
export type RunInputs = InputsOf<typeof OPTIONS>;
/** What a request may say for a list of options. */
export type InputsOf<O> = {
  readonly [K in keyof O]?: (O[K] extends Option<unknown, infer I> ? I : never) | undefined;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says: kubevirtci's variables only where they count. An empty value counts as none. */
function fromEnvironment(env: Environment, kubevirtci: boolean): Written[] {
  return Object.entries(OPTIONS as Readonly<Record<string, Option<unknown, never>>>).flatMap(
    ([key, { variable, onlyVariable }]) => {
      const at = onlyVariable ?? (kubevirtci ? variable : undefined);
      const input = at === undefined ? undefined : env[at];
      return at === undefined || input === undefined || input === '' ? [] : [{ key, input, at }];
    },
  );
}

/** Values of a switch of kubevirtci's that leave it off. */
const OFF: ReadonlySet<string> = new Set(['', 'false', '0']);

/** What kubevirtci's switches add to the lists that are options. */
function fromSwitches(env: Environment): Written[] {
  return Object.entries(OPTIONS as OptionList).flatMap(([key, { switches = {} }]) =>
    Object.entries(switches).flatMap(([at, input]) =>
      OFF.has(env[at]?.toLowerCase() ?? '') ? [] : [{ key, input: [input], at }],
    ),
  );
}

/** Those of one key as one: the words of the switches before what else is written of it. */
function together(switched: readonly Written[], written: readonly Written[]): Written[] {
  const all = new Map(written.map((one) => [one.key, one]));
  for (const { key, input, at } of switched.toReversed()) {
    const other = all.get(key);
    const words = [input, other?.input ?? []].flat();
    all.set(key, { key, input: words, at: other?.at ?? at });
  }
  return [...all.values()];
}

function given(inputs: Readonly<Record<string, unknown>>, { of }: Naming): Written[] {
  return Object.entries(inputs).flatMap(([key, input]) =>
    input === undefined ? [] : [{ key, input, at: of(key) }],
  );
}

/** Reads what a request says. @throws GocliError BAD_VALUE that names everything that is wrong */
export function readInputs<O extends OptionList>(
  options: O,
  inputs: InputsOf<O>,
  naming: Naming,
): ValuesOf<O> {
  return readOptions(options, given(inputs, naming), naming);
}

/**
 * Reads the options of a request and, for what it leaves out, of the environment.
 * @param kubevirtci whether kubevirtci's variables count
 * @throws GocliError BAD_VALUE that names everything that is wrong
 */
export function readRunOptions(
  inputs: RunInputs,
  env: Environment,
  kubevirtci: boolean,
  asked = AS_FLAGS,
): RunValues {
  const { values, errors, naming } = tryRunOptions(inputs, env, kubevirtci, asked);
  throwValues(errors, naming);
  return values;
}

/** What was read of the options of a request. */
export interface TriedOptions {
  readonly values: RunValues;
  /** One for each value that cannot be read. */
  readonly errors: GocliError[];
  /** Keys of all that was written, whether it could be read or not. */
  readonly said: ReadonlySet<string>;
  /** What each was written as. */
  readonly naming: Naming;
  /** Variables that were not read: image and machines of a snapshot are what they are, and scripts set these always. */
  readonly passedOver: readonly string[];
}

/** {@link readRunOptions} for whoever tells of further faults together with these. */
export function tryRunOptions(
  inputs: RunInputs,
  env: Environment,
  kubevirtci: boolean,
  asked: Naming,
): TriedOptions {
  const switched = kubevirtci && inputs.snapshot === undefined ? fromSwitches(env) : [];
  const written = given(inputs, asked);
  const rest = fromEnvironment(env, kubevirtci).filter(({ key }) => !written.some((one) => one.key === key));
  const idle = rest.filter(({ key }) => inputs.snapshot !== undefined && isIdle(key));
  const read = together(switched, [...rest.filter((one) => !idle.includes(one)), ...written]);
  return {
    ...tryOptions(OPTIONS, read),
    said: new Set(read.map(({ key }) => key)),
    naming: writtenAs(Object.fromEntries(read.map(({ key, at }) => [key, at])), asked),
    passedOver: idle.map(({ at }) => at),
  };
}

/** Whether an option has no effect where a snapshot is begun at: image and machines are what they were. */
function isIdle(key: string): boolean {
  const option = (OPTIONS as OptionList)[key];
  return option?.guest !== undefined || option?.notWithSnapshot === true;
}

/** What a request says and what cannot act on a start from a snapshot; what is said by default asks for nothing. */
export function idleWithSnapshot(inputs: RunInputs, naming: Naming): string[] {
  return given(inputs, naming).flatMap(({ key, input, at }) =>
    isIdle(key) && input !== (OPTIONS as OptionList)[key]?.default
      ? [input === false ? at.replace(/^--/, '--no-') : at]
      : [],
  );
}
