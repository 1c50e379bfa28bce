import { GocliError } from '../errors/error.ts';

/** Milliseconds of each unit, the largest first. */
const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
const SHAPE = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/;
const LONGEST_DAYS = 365;

/**
 * Reads a duration as people write it: `90s`, `30m`, `2h`, `1h30m`, `7d`.
 * @param at the flag, variable or key it stands in, for the error
 * @returns milliseconds, from a second to a year
 * @throws GocliError BAD_VALUE
 */
export function parseDuration(text: string, at: string): number {
  const parts = SHAPE.exec(text.trim().toLowerCase())?.slice(1) ?? [];
  if (parts.join('') === '') {
    const fault = /^\d+$/.test(text.trim()) ? `has no unit` : 'is not a duration';
    throw new GocliError('BAD_VALUE', `${at}: "${text}" ${fault}`, {
      hint: 'Whole numbers with the units d, h, m and s, the largest first: 2h, 1h30m, 90s.',
    });
  }
  const ms = Object.values(UNITS).reduce((sum, unit, index) => sum + unit * Number(parts.at(index) ?? 0), 0);
  if (ms >= UNITS.s && ms <= LONGEST_DAYS * UNITS.d) return ms;
  throw new GocliError('BAD_VALUE', `${at}: "${text}" is out of range`, {
    hint: `From 1s to ${LONGEST_DAYS.toFixed(0)}d.`,
  });
}

/** The same the other way round, as short as it can be: `1h30m`. Parts of a second are left out. */
export function formatDuration(ms: number): string {
  let left = Math.max(0, ms);
  const parts = Object.entries(UNITS).map(([name, unit]) => {
    const count = Math.floor(left / unit);
    left -= count * unit;
    return count === 0 ? '' : `${count.toFixed(0)}${name}`;
  });
  return parts.join('') || '0s';
}
