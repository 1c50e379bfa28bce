import { GocliError } from '../errors/error.ts';
import { didYouMean } from '../shared/text.ts';
import type { AddonConfig, AddonOption } from './schema.ts';

/** An addon as a user asks for it; whether there is such a one is not known yet. */
export interface AddonWish {
  readonly name: string;
  /** As written. */
  readonly options: Readonly<Record<string, string>>;
}

export type OptionValue = number | string;
export type OptionValues = Readonly<Record<string, OptionValue>>;

const WISH = /^[a-z][a-z0-9-]*(,[a-z][a-z0-9-]*=[^,]*)*$/;

/**
 * Reads `kwok`, or with options `kwok,nodes=20`. One that is named twice has the options of both, the later ones first.
 * @param at what it was written as: `--addon`
 * @throws GocliError BAD_VALUE
 */
export function readWishes(texts: readonly string[], at: string): AddonWish[] {
  const wishes = new Map<string, AddonWish>();
  for (const text of texts) {
    if (!WISH.test(text))
      throw new GocliError('BAD_VALUE', `${at}: ${JSON.stringify(text)} names no addon`, {
        hint: 'NAME, or with options NAME,KEY=VALUE: kwok,nodes=20 (all: gocli addon ls)',
      });
    const [name = '', ...pairs] = text.split(',');
    const options = pairs.map((pair): [string, string] => {
      const end = pair.indexOf('=');
      return [pair.slice(0, end), pair.slice(end + 1)];
    });
    wishes.set(name, { name, options: { ...wishes.get(name)?.options, ...Object.fromEntries(options) } });
  }
  return [...wishes.values()];
}

/**
 * The values of all options of an addon: those that were given, and defaults, in the order of its file.
 * @param errors gets one for each that is wrong, BAD_VALUE
 */
export function valuesOf(
  { name, options }: AddonConfig,
  given: AddonWish['options'],
  at: string,
  errors: GocliError[],
): OptionValues {
  const known = Object.keys(options);
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const valid = known.length === 0 ? 'It has none.' : `It has: ${known.join(', ')}`;
    const text = `${at}: addon ${name} has no option "${key}".${didYouMean(key, known)}`;
    errors.push(new GocliError('BAD_VALUE', text, { hint: valid }));
  }
  const values: Record<string, OptionValue> = {};
  const refuse = (key: string, option: AddonOption, why: string): void => {
    const text = `${at}: option ${key} of addon ${name}: ${JSON.stringify(given[key] ?? option.default)} ${why}`;
    errors.push(new GocliError('BAD_VALUE', text, { hint: option.describe }));
  };
  for (const [key, option] of Object.entries(options)) {
    const written = given[key];
    const value = written === undefined ? option.default : read(written, option);
    const why = value === undefined ? 'is no integer' : whyWrong(value, option);
    if (why !== undefined) refuse(key, option, why);
    else if (value !== undefined) values[key] = value;
  }
  for (const [key, option] of Object.entries(options)) {
    const why = whyTooLittle(values[key], option, values);
    if (why !== undefined) refuse(key, option, why);
  }
  return values;
}

function read(written: string, { type }: AddonOption): OptionValue | undefined {
  if (type === 'string') return written;
  return /^-?\d{1,9}$/.test(written) ? Number(written) : undefined;
}

/** Why a value does not go with that of another option, to be read behind it; undefined when it does. */
export function whyTooLittle(
  value: OptionValue | undefined,
  { atLeast = '' }: AddonOption,
  values: OptionValues,
): string | undefined {
  const least = values[atLeast];
  if (typeof value !== 'number' || typeof least !== 'number' || value >= least) return undefined;
  return `is less than ${least.toFixed(0)}, the value of ${atLeast}`;
}

/** Why a value is none of an option, to be read behind it; undefined when it is one. */
export function whyWrong(value: OptionValue, option: AddonOption): string | undefined {
  const { type, minimum = -Infinity, maximum = Infinity, pattern, example } = option;
  if (type === 'integer') {
    if (typeof value !== 'number') return 'is no integer';
    if (value < minimum) return `is less than ${minimum.toFixed(0)}`;
    return value > maximum ? `is more than ${maximum.toFixed(0)}` : undefined;
  }
  if (typeof value !== 'string') return 'is no string';
  if (pattern === undefined || new RegExp(`^(?:${pattern})$`).test(value)) return undefined;
  return `is not as it has to be${example === undefined ? '' : `, for example ${example}`}`;
}
