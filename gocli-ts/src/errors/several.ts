import { GocliError } from './error.ts';

/**
 * Does some of the work; what it refuses is kept for {@link throwAll}, each fault for itself.
 * @throws whatever is no GocliError
 */
export function collect(errors: GocliError[], work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof GocliError)) throw error;
    errors.push(...(error.cause instanceof Several ? error.cause.errors : [error]));
  }
}

/** The errors that one error tells of. */
class Several extends AggregateError {
  declare errors: GocliError[];
}

/**
 * Throws one error as it is, and several as one that has a line for each, so that a user mends them all at once.
 * @param hint for several of them: where all that is known is listed
 * @throws GocliError
 */
export function throwAll(errors: readonly GocliError[], hint: string): void {
  const [first] = errors;
  if (first === undefined) return;
  if (errors.length === 1) throw first;
  throw new GocliError('BAD_VALUE', `${errors.length} values are not accepted`, {
    observed: errors
      .map(({ message, hint: own }) => (own === undefined || own === hint ? message : `${message} (${own})`))
      .join('\n'),
    hint,
    cause: new Several(errors),
  });
}
