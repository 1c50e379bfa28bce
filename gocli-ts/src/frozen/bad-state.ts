import type { ErrorCode } from '../errors/codes.ts';
import { GocliError, isCode, messageOf } from '../errors/error.ts';

/** What proves that saved state itself is wrong, whoever loads it, wherever and whenever. */
export class BadState extends GocliError {}

/** What the files say of themselves, by the script that starts qemu, and qemu of the state that it loads. */
const WORDS = [
  /is missing or differs from its checksum/,
  /^bytes, blocks of \/frozen\//m,
  /'?\/frozen\/[^\s']+'?: No such file/,
  /load of migration failed: (?!Cannot allocate memory)/,
];

/**
 * Whether an error of a thaw proves that the template is wrong. All else (a busy host, the daemon, a port, memory, a full
 * disk, an interruption) tells of the moment, and costs no template. Pure.
 */
export function provesBadState(error: unknown): boolean {
  if (error instanceof BadState || isCode(error, 'BAD_FILE')) return true;
  if (!isCode(error, 'GUEST_DIED')) return false;
  return WORDS.some((words) => words.test(error.observed ?? ''));
}

/** Turns an error of one of these codes into a proof. */
export function asBadState(error: unknown, ...codes: readonly ErrorCode[]): unknown {
  if (!(error instanceof GocliError) || !codes.includes(error.code)) return error;
  return new BadState(error.code, messageOf(error), { observed: error.observed, cause: error });
}
