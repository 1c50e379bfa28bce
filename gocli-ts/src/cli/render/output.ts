import { renderYaml } from '../../shared/yaml.ts';
import type { Session } from '../session.ts';
import { renderTable } from './table.ts';

interface Result {
  /** The whole result, for machines; gets a field `version` with the version of its form. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Rows for people; the first is the head. */
  readonly table?: readonly (readonly string[])[];
  /** What `-o name` prints, one line each. */
  readonly names?: readonly string[];
  /** Text for people, instead of a table. */
  readonly text?: string;
}

/** Writes a command's one result to stdout in the form that was asked for. */
export function writeResult(session: Pick<Session, 'stdout' | 'output'>, result: Result): void {
  session.stdout.write(render(session.output ?? 'table', result));
}

function render(format: NonNullable<Session['output']>, { data, table, names, text }: Result): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ version: 1, ...data }, undefined, 2)}\n`;
    case 'yaml':
      return renderYaml({ version: 1, ...data });
    case 'name':
      return (names ?? []).map((name) => `${name}\n`).join('');
    case 'table':
      return text ?? renderTable(table ?? []);
  }
}
