import { GocliError } from '../../errors/error.ts';
import { formatDuration, parseDuration } from '../../shared/duration.ts';
import { wholeNumber } from './number.ts';
import { defineOption } from './option.ts';

/** Seconds. Twice that and some minutes are still milliseconds that a timer of Node takes, which has 31 bits for them. */
const MOST = 1_000_000;

/** In milliseconds. Written in seconds, or with units as other tools have it. */
export const timeout = defineOption({
  describe: 'Seconds each wait may take, or with units: 90s, 15m',
  type: 'number',
  default: 600,
  read: (input: number | string, at) => {
    if (typeof input === 'number' || /^-?\d*$/.test(input)) return wholeNumber(input, at, 1, MOST) * 1000;
    const ms = parseDuration(input, at);
    if (ms <= MOST * 1000) return ms;
    throw new GocliError('BAD_VALUE', `${at}: "${input}" is out of range`, {
      hint: `From 1s to ${formatDuration(MOST * 1000)}.`,
    });
  },
});
