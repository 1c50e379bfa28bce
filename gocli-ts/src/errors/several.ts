import type { ErrorCode } from './codes.ts';
import { GocliError } from './error.ts';
import { explainFileError } from './file-error.ts';

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

/**
 * Reads each of several words.
 * @throws GocliError what `read` throws of one, of all that are wrong together
 */
export function readEach<I, R>(inputs: readonly I[], read: (input: I) => R): R[] {
  const errors: GocliError[] = [];
  const results = inputs.flatMap((input) => collect(errors, () => [read(input)]) ?? []);
  throwAll(errors);
  return results;
}

function faultsOf(error: unknown): readonly GocliError[] {
  // What is no fault of the request, such as a daemon that is down, is told as it is.
  if (!(error instanceof GocliError) || !OF_A_REQUEST.has(error.code)) throw error;
  return error.cause instanceof Several ? error.cause.errors : [error];
}

const OF_A_REQUEST: ReadonlySet<ErrorCode> = new Set([
  'BAD_VALUE',
  'USAGE',
  'NOT_FOUND',
  'BAD_FILE',
  'FILE',
  'PROVIDER_UNKNOWN',
]);

/** The errors that one error tells of. */
class Several extends AggregateError {
  declare errors: GocliError[];
}

/**
 * Throws one error as it is, and several as one that has a line for each, so that a user mends them all at once.
 * @param hint for several of them: where all that is known is listed
 * @throws GocliError
 */
export function throwAll(errors: readonly GocliError[], hint?: string): void {
  const [first] = errors;
  if (first === undefined) return;
  if (errors.length === 1) throw first;
  // What to do about several is said with the first of them.
  const told = new Set([undefined, hint]);
  const lines = errors.map(({ message, hint: own }) => {
    const line = told.has(own) ? message : `${message} (${own ?? ''})`;
    told.add(own);
    return line;
  });
  throw new GocliError('BAD_VALUE', `${errors.length} values are not accepted`, {
    observed: lines.join('\n'),
    hint,
    cause: new Several(errors),
  });
}

/** Work in several parts, each of which is tried though another one failed. */
export class Failures {
  readonly #failures: unknown[] = [];

  /** Does one part. @returns undefined when it failed */
  async part<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#failures.push(error);
      return undefined;
    }
  }

  /** Does one part of which something may be done though it fails. @returns that: what the error says in `done` */
  async partly<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#failures.push(error);
      return error instanceof GocliError ? (error.done as T | undefined) : undefined;
    }
  }

  /** Does the same with each, side by side. @returns the results of those that did not fail */
  async parts<I, R>(inputs: readonly I[], work: (input: I) => Promise<R>): Promise<R[]> {
    const results = await Promise.allSettled(inputs.map(work));
    for (const result of results) if (result.status === 'rejected') this.#failures.push(result.reason);
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }

  /**
   * Throws what failed, if anything did: one failure as it is, several as one error of the kind of the first, with all
   * of them below. A defect goes before everything else, as it is.
   * @param what several failures are in words: `3 clusters were not removed`
   * @param done what the error is to say was done; see {@link GocliError.done}
   */
  throw(what: (failures: number) => string, done?: unknown): void {
    const known: GocliError[] = [];
    for (const failure of this.#failures.map((each) => explainFileError(each))) {
      if (!(failure instanceof GocliError)) throw failure;
      known.push(failure);
    }
    const [first] = known;
    if (first === undefined) return;
    const { code, exitCode } = first;
    if (known.length > 1) {
      const observed = known.map(linesOf).join('\n');
      throw new GocliError(code, what(known.length), { observed, exitCode, cause: new Several(known), done });
    }
    if (done === undefined) throw first;
    const { message, observed, hint } = first;
    throw new GocliError(code, message, { observed, hint, exitCode, cause: first, done });
  }
}

function linesOf({ message, observed, hint }: GocliError): string {
  const line = hint === undefined ? message : `${message} (${hint})`;
  return observed === undefined ? line : `${line}\n${observed}`;
}
