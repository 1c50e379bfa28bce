import { GocliError } from '../../errors/error.ts';

/** Reads a text of a shape. @param accepted what is accepted, as a part of a sentence */
export function matching(shape: RegExp, accepted: string): (input: string, at: string) => string {
  return (input, at) => {
    if (shape.test(input)) return input;
    throw new GocliError('BAD_VALUE', `${at}: "${input}" is not accepted`, {
      hint: `Accepted: ${accepted}.`,
    });
  };
}
