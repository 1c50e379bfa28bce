import { GocliError, messageOf } from '../errors/error.ts';

const WORDS = /no space left on device|ENOSPC|disk quota exceeded/i;

/** The same error, or DISK_FULL when a full disk is behind it, wherever in the chain of causes that is said. */
export function explainDiskFull(error: unknown, doing: string, where: string): unknown {
  if (error instanceof GocliError && error.code === 'DISK_FULL') return error;
  if (!chain(error).some(saysFull)) return error;
  return new GocliError(
    'DISK_FULL',
    `${doing}: no space left on the disk of ${where} (or of Docker's data root)`,
    {
      cause: error,
      observed: messageOf(error),
      hint: 'Free space or set XDG_CACHE_HOME to another disk, and run the command again: finished steps stay cached.',
    },
  );
}

function chain(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let link = error; link instanceof Error && found.length < 10; link = link.cause) found.push(link);
  return found;
}

function saysFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const observed = error instanceof GocliError ? (error.observed ?? '') : '';
  return WORDS.test(error.message) || WORDS.test(observed) || ('code' in error && error.code === 'ENOSPC');
}
