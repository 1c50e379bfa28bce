import { GocliError } from '../errors/error.ts';
import type { Command } from './command.ts';
import { GLOBAL_OPTIONS, flagsOf, valuesBy } from './flags.ts';
import { written } from './usage-error.ts';

/** Before a word that yargs would not take for an operand; no argument of a program can have this character. */
export const OPERAND = '\0';

export function unmarked(text: string): string {
  return text.replaceAll(OPERAND, '');
}

/**
 * The last of a repeated flag counts, a number must be one, and a word one of its choices: yargs would hand on a list, or
 * NaN, and stop at the first that is wrong.
 * @param faults gets one for each value that is wrong
 */
export function checkedValues(
  args: Readonly<Record<string, unknown>>,
  command: Command,
  faults: GocliError[],
): Record<string, unknown> {
  const { options, positionals } = command;
  const isList = (name: string): boolean =>
    name === '_' || options[name]?.array === true || positionals[name]?.array === true;
  const checked = Object.fromEntries(
    Object.entries(args).map(([name, value]): [string, unknown] => [
      name,
      operand(Array.isArray(value) && !isList(name) ? value.at(-1) : value),
    ]),
  );
  for (const [name, { choices }] of Object.entries({
    ...GLOBAL_OPTIONS,
    ...positionals,
    ...options,
  } as Flags)) {
    const value = checked[name];
    if (Number.isNaN(value)) {
      const hint = `For example: --${name} 2`;
      faults.push(new GocliError('BAD_VALUE', `--${name}: not a number`, { hint }));
    }
    if (choices === undefined || value === undefined || choices.includes(value)) continue;
    const message = `${written(name, command)}: ${JSON.stringify(value)} is not accepted`;
    const hint = `Accepted: ${choices.map((one) => `"${String(one)}"`).join(', ')}`;
    faults.push(new GocliError('BAD_VALUE', message, { hint }));
  }
  return checked;
}

type Flags = Readonly<Record<string, { readonly choices?: readonly unknown[] | undefined }>>;

function operand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(operand);
  return typeof value === 'string' ? unmarked(value) : value;
}

/**
 * yargs reads whatever a switch is given as false, unless it is `true`, and takes `--no-` before any flag.
 * @returns one for each that is wrong
 */
export function faultsOfSwitches(words: readonly string[], command: Command | undefined): GocliError[] {
  const flags = valuesBy(flagsOf(command));
  const errors: GocliError[] = [];
  const end = words.indexOf('--');
  for (const word of end === -1 ? words : words.slice(0, end)) {
    const denied = /^--no-([^=]+)/.exec(word)?.[1];
    if (denied !== undefined && flags.get(`--${denied}`) === true && !flags.has(`--no-${denied}`)) {
      const message = `unknown flag --no-${denied}: --${denied} takes a value`;
      errors.push(new GocliError('USAGE', message, { hint: 'Leave it out.' }));
      continue;
    }
    if (denied !== undefined && flags.get(`--${denied}`) === false && word.includes('=')) {
      errors.push(new GocliError('USAGE', `--no-${denied} takes no value`, { hint: `Type: --no-${denied}` }));
      continue;
    }
    const [, long, letter, value = ''] = /^(?:(--[^=]+)|-[^-=]*([^-=]))=(.*)$/s.exec(word) ?? [];
    const flag = long ?? `-${letter ?? ''}`;
    if (flags.get(flag) !== false || value === 'true' || value === 'false') continue;
    const message = `${flag}: "${value}" is neither true nor false`;
    errors.push(new GocliError('BAD_VALUE', message, { hint: `${flag} alone means true.` }));
  }
  return command === undefined ? [] : errors;
}
