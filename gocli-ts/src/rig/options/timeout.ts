import { parseDuration } from '../../shared/duration.ts';
import { wholeNumber } from './number.ts';
import { defineOption } from './option.ts';

/** Seconds that fit into a year, as a duration does. */
const MOST = 31_536_000;

/** In milliseconds. Written in seconds, or with units as other tools have it. */
export const timeout = defineOption({
  describe: 'Seconds each wait may take, or with units: 90s, 15m',
  type: 'number',
  default: 600,
  read: (input: number | string, at) =>
    typeof input === 'number' || /^-?\d*$/.test(input)
      ? wholeNumber(input, at, 1, MOST) * 1000
      : parseDuration(input, at),
});
