import { GocliError } from '../errors/error.ts';
import { didYouMean } from '../shared/text.ts';

/**
 * Refuses what a request does not know. A slip must not widen what is asked for: without the name that was meant, `rm`
 * would be of the only rig there is.
 * @throws GocliError BAD_VALUE
 */
export function refuseUnknownKeys(request: object, known: readonly string[]): void {
  const strange = Object.keys(request).find((key) => !known.includes(key));
  if (strange === undefined) return;
  throw new GocliError('BAD_VALUE', `${strange}: no such key of the request.${didYouMean(strange, known)}`, {
    hint: `Keys: ${known.join(', ')}`,
  });
}
