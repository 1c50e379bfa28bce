import type { Flag } from './command.ts';
import { flagOf, type AnyOption, type OptionList } from '../api/options.ts';

/** Options as flags in yargs' form, by name without its dashes. */
export function flagsOfOptions(options: OptionList): Record<string, Flag> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([key, option]) =>
      option.onlyVariable === undefined ? [[flagOf(key).slice(2), flagOfOption(option)]] : [],
    ),
  );
}

function flagOfOption({ type, describe, alias, group, hidden, completes, default: value }: AnyOption): Flag {
  return {
    type: type === 'list' ? 'string' : type,
    describe,
    ...(type === 'boolean' ? {} : { requiresArg: true }),
    ...(type === 'list' ? { array: true } : {}),
    // A number for the help text; the option reads it, so that what is none is told of with all that is wrong.
    ...(type === 'number' ? { string: true } : {}),
    ...(alias === undefined ? {} : { alias }),
    ...(group === undefined ? {} : { group }),
    ...(hidden === undefined ? {} : { hidden }),
    ...(completes === undefined ? {} : { completes }),
    ...(value === undefined ? {} : { default: value }),
  };
}

/** The values of these options among parsed arguments, by key: the library's request. */
export function inputsOf(
  options: OptionList,
  args: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(options).flatMap((key) => {
      const value = args[flagOf(key).slice(2)];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
