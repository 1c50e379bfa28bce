import { ERRORS, type ErrorCode } from '../../errors/codes.ts';
import { GocliError, messageOf } from '../../errors/error.ts';
import { isErrno } from '../../errors/file-error.ts';
import { redact } from '../../shared/redact.ts';

/**
 * What a user reads when a command failed: what, on what, what was seen last, what to do now.
 * @param typed a hint as it can be typed where the user stands
 */
export function renderError(
  error: unknown,
  verbose: boolean,
  typed = (hint: string): string => hint,
): string {
  const known = error instanceof GocliError ? error : asDefect(error);
  const lines = [
    `Error: ${known.message} (${known.id})`,
    ...indent(known.observed),
    ...(known.hint === undefined ? [] : [`  What to do: ${typed(known.hint)}`]),
    ...(verbose && !OF_THE_LINE.includes(known.code) ? indent(stackOf(error)) : []),
  ];
  return redact(`${lines.join('\n')}\n`);
}

/** What is wrong with what was typed is no matter of the code. */
const OF_THE_LINE: readonly ErrorCode[] = ['USAGE', 'BAD_VALUE'];

/** The same as one JSON object, for `-o json` and `--progress json`. */
export function errorData(error: unknown): Record<string, unknown> {
  const known = error instanceof GocliError ? error : asDefect(error);
  return {
    code: known.id,
    kind: known.code,
    message: redact(known.message),
    observed: known.observed === undefined ? null : redact(known.observed),
    hint: known.hint ?? null,
    exitCode: known.exitCode,
  };
}

/** The exit code for anything that was thrown. */
export function exitCodeOf(error: unknown): number {
  return error instanceof GocliError ? error.exitCode : ERRORS.INTERNAL.exit;
}

function asDefect(error: unknown): GocliError {
  // A part of the built command that is loaded when it is needed.
  if (isErrno(error, 'ERR_MODULE_NOT_FOUND'))
    return new GocliError('INTERNAL', 'a part of gocli is gone: it was built or installed anew meanwhile', {
      observed: messageOf(error),
      cause: error,
      hint: 'Type the command again; if that says the same, make clean build in a checkout, or install gocli again.',
    });
  return new GocliError('INTERNAL', error instanceof Error ? error.message : String(error), {
    cause: error,
    hint: 'This is a defect of gocli. Please report it with the output of the same command under -v.',
  });
}

function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : '';
  return `${error.stack ?? ''}${cause}`;
}

function indent(text: string | undefined): string[] {
  return text === undefined ? [] : text.split('\n').map((line) => `  | ${line}`);
}
