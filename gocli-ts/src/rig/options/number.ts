import { GocliError } from '../../errors/error.ts';

/** A whole number in a range. @throws GocliError BAD_VALUE */
export function wholeNumber(value: unknown, at: string, low: number, high: number): number {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= low && number <= high)
    return number;
  const isWhole = typeof value === 'number' ? Number.isInteger(value) : /^-?\d+$/.test(String(value));
  const wrong = isWhole ? 'is out of range' : 'is not a whole number';
  const fault = value === '' ? 'a number is missing' : `${String(value)} ${wrong}`;
  throw new GocliError('BAD_VALUE', `${at}: ${fault}`, {
    hint: `A whole number from ${low} to ${high}.`,
  });
}
