import { GocliError } from './error.ts';

/**
 * Does some of the work; what it refuses is kept for {@link throwAll}, each fault for itself.
 * @returns its result; undefined when it was refused
 * @throws whatever is no GocliError
 */
export function collect<T>(errors: GocliError[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    errors.push(...faultsOf(error));
    return undefined;
  }
}

/** {@link collect} of work that takes time. */
export async function collectLater<T>(errors: GocliError[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    errors.push(...faultsOf(error));
    return undefined;
  }
}

function faultsOf(error: unknown): readonly GocliError[] {
  if (!(error instanceof GocliError)) throw error;
  return error.cause instanceof Several ? error.cause.errors : [error];
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
