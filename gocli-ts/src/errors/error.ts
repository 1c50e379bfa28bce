import { ERRORS, type ErrorCode } from './codes.ts';

interface GocliErrorOptions {
  /** What to do now, as a command or a sentence. */
  readonly hint?: string | undefined;
  /** What was seen last: the last lines of a console, a log or an answer. */
  readonly observed?: string | undefined;
  readonly cause?: unknown;
  /** Overrides the exit code of the error's kind (for commands that hand on another program's code). */
  readonly exitCode?: number | undefined;
  /** What was done nevertheless: the result that there would be without what failed. */
  readonly done?: unknown;
}

/** The one family of errors a user sees. Anything else that reaches main is reported as a defect. */
export class GocliError extends Error {
  override readonly name = 'GocliError';
  readonly code: ErrorCode;
  readonly id: string;
  readonly hint: string | undefined;
  readonly observed: string | undefined;
  readonly exitCode: number;
  /** Of work on several things, of which some failed: the result of the others; undefined when there is none. */
  readonly done: unknown;

  constructor(code: ErrorCode, message: string, options: GocliErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.id = ERRORS[code].id;
    this.hint = options.hint;
    this.observed = options.observed;
    this.exitCode = options.exitCode ?? ERRORS[code].exit;
    this.done = options.done;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for an error of the given kind. */
export function isCode(error: unknown, code: ErrorCode): error is GocliError {
  return error instanceof GocliError && error.code === code;
}
