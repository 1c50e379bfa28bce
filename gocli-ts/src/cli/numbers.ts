import { GocliError } from '../errors/error.ts';

/** @throws GocliError BAD_VALUE */
export function wholeNumber(flag: string, value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && value > 0) return value;
  throw new GocliError('BAD_VALUE', `${flag}: ${value} is not a whole number above zero`, {
    hint: `For example: ${flag} 2`,
  });
}
