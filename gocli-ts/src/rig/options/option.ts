import type { ProviderFacts } from '../../provider/facts.ts';
import type { Kind } from '../kind.ts';
import type { GuestPlan, HostPlan, RigPlan } from '../plan.ts';

/** Kinds of names that only a look at this host can tell. */
export type Names = 'clusters' | 'snapshots' | 'addons' | 'providers';

/**
 * One value that a user may set, and everything that follows from it: its flag, its variable, its place in the
 * library's request, what it does to the plan, and how a difference of it is told. The command line, the variables,
 * the plan, the differences between plans, the reference and the completion all fold the list of these.
 *
 * @typeParam Value what the product works with
 * @typeParam Input what a user writes, a flag or a key of a request
 */
export interface Option<Value, Input> {
  readonly describe: string;
  /** How the flag is parsed; `list`: it may be given several times. */
  readonly type: 'string' | 'number' | 'boolean' | 'list';
  /** Further names of the flag. */
  readonly alias?: string | readonly string[];
  /** Heading of the help text that it stands under. */
  readonly group?: string;
  readonly hidden?: true;
  /** Value of a flag that is not given. */
  readonly default?: string | number | boolean;
  /** Environment variable that sets it where kubevirtci's variables count. */
  readonly variable?: string;
  /**
   * Further variables of kubevirtci, each of which switches one thing on: what is written for it, by name. What else is
   * written of the option is added to that. Only of lists.
   */
  readonly switches?: Readonly<Record<string, string>>;
  /** Means nothing where a snapshot is begun at; the same holds for whatever changes the guest plan. */
  readonly notWithSnapshot?: true;
  /** What of this host's is meant by its value, so that completion offers the names. */
  readonly completes?: Names;
  /** Checks of other options look at it: while it cannot be read, nothing can be said of them. */
  readonly underlies?: true;
  /** Variable that sets it everywhere; such an option has no flag. */
  readonly onlyVariable?: string;
  /**
   * @param at what the user wrote it as: `--memory`, `KUBEVIRT_MEMORY_SIZE`
   * @throws GocliError BAD_VALUE that begins with `at`
   */
  read(input: Input, at: string): Value;
  /** What of the guest plan it changes. */
  guest?(value: Value, plan: GuestPlan): Partial<GuestPlan>;
  /** What of the host plan it changes. */
  host?(value: Value, plan: HostPorts): Partial<HostPlan>;
  /**
   * Refuses the whole plan.
   * @param at what the user wrote it as; its flag when he did not
   * @throws GocliError BAD_VALUE that begins with `at`
   */
  check?(plan: GuestPlan, about: PlanAbout, at: string): void;
  /** What of a plan is compared when a rig of that name runs already. */
  readonly differs?: Difference;
}

/** What of two plans is compared, and how a difference of it is told. */
interface Difference {
  /** How it is called. */
  readonly what: string;
  of(plan: RigPlan): unknown;
  /** Whether a plan that says nothing of it agrees with any. */
  readonly onlyAsked?: true;
  /** What a plan has that says nothing of it; `nothing` unless told. */
  readonly absent?: string;
}

/** The part of a host plan that an option looks at. */
export type HostPorts = Pick<HostPlan, 'pinnedPorts'>;

/** What a plan is checked against. */
export interface PlanAbout {
  readonly kind: Pick<Kind, 'leastMemoryMiB' | 'networks'>;
  /** What only the host sees of the plan. */
  readonly host: HostPlan;
  readonly facts: ProviderFacts;
  readonly naming: Naming;
}

/** An option that changes what a guest can observe, and so which template fits and what is compared. */
export interface GuestOption<Value, Input> extends Option<Value, Input> {
  guest(value: Value, plan: GuestPlan): Partial<GuestPlan>;
  readonly differs: Required<Option<Value, Input>>['differs'];
}

/** An option that says a part of where the provider's image is. */
export interface ImageOption<Value, Input> extends Option<Value, Input> {
  readonly locates: 'registry' | 'organisation' | 'tag';
}

/** Any option. Its methods are called with what its own `read` gave. */
export type AnyOption = Option<unknown, never>;
export type OptionList = Readonly<Record<string, AnyOption>>;

/** Values of a list of options that were read; what was not given is absent. */
export type ValuesOf<O> = { readonly [K in keyof O]?: O[K] extends Option<infer V, never> ? V : never };

/** Declares an option; its types follow from `read`. */
export function defineOption<Value, Input>(
  option: Option<Value, Input> & { readonly guest?: never },
): Option<Value, Input> {
  return option;
}

/** Declares an option that changes the guest plan. */
export function defineGuestOption<Value, Input>(
  option: GuestOption<Value, Input>,
): GuestOption<Value, Input> {
  return option;
}

/** Declares an option that says where the provider's image is, which means nothing where a snapshot is begun at. */
export function defineImageOption<Input>(
  option: Omit<ImageOption<string, Input>, 'type' | 'notWithSnapshot'>,
): ImageOption<string, Input> {
  return { type: 'string', notWithSnapshot: true, ...option };
}

/** `--kernel-args` of `kernelArgs`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What the values of a request are called for whoever made it. */
export interface Naming {
  readonly of: (key: string) => string;
  /** Where all of them are. */
  readonly all: string;
}

/** On the command line. */
export const AS_FLAGS: Naming = { of: flagOf, all: 'All flags: gocli run --help' };
/** In the library. */
export const AS_KEYS: Naming = { of: (key) => key, all: 'All keys: docs/library.md, Calling' };

/** The same where some were written in another way, such as a variable. */
export function writtenAs(written: Readonly<Record<string, string>>, { of, all }: Naming): Naming {
  return { of: (key) => written[key] ?? of(key), all };
}
