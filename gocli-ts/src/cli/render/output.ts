import { GocliError } from '../../errors/error.ts';
import { renderYaml } from '../../shared/yaml.ts';
import type { Session } from '../session.ts';
import { renderTable } from './table.ts';

interface Result {
  /** The whole result, for machines; gets a field `version` with the version of its form, and so has none of its own. */
  readonly data: Readonly<Record<string, unknown>> & { readonly version?: never };
  /** Rows for people; the first is the head. */
  readonly table?: readonly (readonly string[])[];
  /** Lines for people below the table. */
  readonly after?: string;
  /** What `-o name` prints, one line each. */
  readonly names?: readonly string[];
  /** Text for people, instead of a table. */
  readonly text?: string;
}

/** Writes a command's one result to stdout in the form that was asked for. */
export function writeResult(session: Pick<Session, 'stdout' | 'output'>, result: Result): void {
  session.stdout.write(render(session.output ?? 'table', result));
}

/**
 * Writes the result of work on several things; when some of them failed, that of the others, and the failure goes on.
 * stdout gets one document in either case.
 */
export async function writeDone<T>(work: Promise<T>, write: (result: T) => void): Promise<T> {
  try {
    const result = await work;
    write(result);
    return result;
  } catch (error) {
    // The functions of api/ say in `done` what they would return.
    if (error instanceof GocliError && error.done !== undefined) write(error.done as T);
    throw error;
  }
}

function render(
  format: NonNullable<Session['output']>,
  { data, table, after = '', names, text }: Result,
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ version: 1, ...data }, undefined, 2)}\n`;
    case 'yaml':
      return renderYaml({ version: 1, ...data });
    case 'name':
      return (names ?? []).map((name) => `${name}\n`).join('');
    case 'table':
      return text ?? `${renderTable(table ?? [])}${after}`;
  }
}
