import { wholeNumber } from './number.ts';
import { defineOption } from './option.ts';

/** In milliseconds. */
export const timeout = defineOption({
  describe: 'Seconds each wait may take',
  type: 'number',
  default: 600,
  read: (input: number, at) => wholeNumber(input, at, 1, 1_000_000) * 1000,
});
