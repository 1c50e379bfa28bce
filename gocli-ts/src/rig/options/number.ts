import { GocliError } from '../../errors/error.ts';

/** A whole number in a range. @throws GocliError BAD_VALUE */
export function wholeNumber(value: unknown, at: string, low: number, high: number): number {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= low && number <= high)
    return number;
  const fault = value === '' ? 'a number is missing' : `${String(value)} is out of range`;
  throw new GocliError('BAD_VALUE', `${at}: ${fault}`, {
    hint: `A whole number from ${low} to ${high}.`,
  });
}
