import { GocliError } from '../errors/error.ts';

/** Bytes of a mebibyte. */
export const MIB = 1024 ** 2;

const UNITS = { '': 1, k: 1024, m: MIB, g: 1024 ** 3, t: 1024 ** 4 } as const;

/**
 * Parses a size the way qemu, kubevirtci and docker write it: `3072M`, `3G`, `3g`, `3Gi`, `3GiB`, `3gb`, binary units,
 * bytes without one.
 * @param text what the user wrote
 * @param name the flag, variable or key it stands in, for the error
 * @returns bytes, a positive whole number
 * @throws GocliError BAD_VALUE
 */
export function parseSize(text: string, name: string): number {
  const match = /^(\d{1,15})(?:([kmgt])i?)?b?$/i.exec(text);
  const unit = (match?.[2] ?? '').toLowerCase() as keyof typeof UNITS;
  const bytes = match === null ? Number.NaN : Number(match[1]) * UNITS[unit];
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new GocliError('BAD_VALUE', `${name}: "${text}" is not a size`, {
      hint: 'Write a whole number with an optional unit K, M, G or T, for example 3072M or 3G.',
    });
  }
  return bytes;
}

/**
 * The same in whole MiB, rounded down.
 * @throws GocliError BAD_VALUE for less than one, too: most often the unit was forgotten
 */
export function parseMiB(text: string, name: string): number {
  const bytes = parseSize(text, name);
  if (bytes >= MIB) return Math.floor(bytes / MIB);
  throw new GocliError('BAD_VALUE', `${name}: "${text}" is ${formatBytes(bytes)}, less than 1M`, {
    hint: 'A number without a unit counts bytes; write one, for example 3072M or 3G.',
  });
}

/** Bytes for people: `1.4 GiB`, `312 MiB`, `17 B`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let index = 0;
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  return `${value >= 100 || index === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[index] ?? ''}`;
}
