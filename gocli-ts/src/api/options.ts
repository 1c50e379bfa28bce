import { KUBERNETES_OPTIONS } from '../kubernetes/options/kubernetes-options.ts';
import {
  flagOf,
  readOptions,
  type Option,
  type OptionList,
  type ValuesOf,
  type Written,
} from '../rig/options/option.ts';
import { RIG_OPTIONS } from '../rig/options/rig-options.ts';

/** Every option of `run`, in the order of the help text. */
export const OPTIONS = { ...RIG_OPTIONS, ...KUBERNETES_OPTIONS } as const;

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

function given(inputs: Readonly<Record<string, unknown>>): Written[] {
  return Object.entries(inputs).flatMap(([key, input]) =>
    input === undefined ? [] : [{ key, input, at: flagOf(key) }],
  );
}

/** Reads what a request says. @throws GocliError BAD_VALUE that names everything that is wrong */
export function readInputs<O extends OptionList>(options: O, inputs: InputsOf<O>): ValuesOf<O> {
  return readOptions(options, given(inputs));
}

/**
 * Reads the options of a request and, for what it leaves out, of the environment.
 * @param kubevirtci whether kubevirtci's variables count
 * @throws GocliError BAD_VALUE that names everything that is wrong
 */
export function readRunOptions(inputs: RunInputs, env: Environment, kubevirtci: boolean): RunValues {
  const written = given(inputs);
  const rest = fromEnvironment(env, kubevirtci).filter(({ key }) => !written.some((one) => one.key === key));
  return readOptions(OPTIONS, [...rest, ...written]);
}
