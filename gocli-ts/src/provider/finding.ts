import { GocliError } from '../errors/error.ts';

/** One thing that is wrong in a file of a provider. */
export interface Finding {
  /** Absolute path. */
  readonly file: string;
  /** Both from 1 on. */
  readonly line: number;
  readonly column: number;
  /** What is wrong, and the nearest that would be right. */
  readonly text: string;
}

/** `provider.yaml:7:3: unknown key …`, as editors follow it. */
export function findingLine({ file, line, column, text }: Finding): string {
  return `${file}:${line}:${column}: ${text}`;
}

/** Throws all that is wrong as one error. @throws GocliError BAD_FILE, when there is anything */
export function throwFindings(findings: readonly Finding[]): void {
  const [first, ...others] = findings.map(findingLine);
  if (first === undefined) return;
  throw new GocliError('BAD_FILE', first, others.length === 0 ? {} : { observed: others.join('\n') });
}

/**
 * What was read of a file in which nothing is wrong.
 * @throws GocliError BAD_FILE, of all that is
 */
export function soundOf<T>(read: T | undefined, findings: readonly Finding[], file: string): T {
  throwFindings(findings);
  if (read !== undefined) return read;
  throw new GocliError('INTERNAL', `${file} was refused without a reason`);
}

/** By file, then by place, each said once. */
export function inFileOrder(findings: readonly Finding[]): Finding[] {
  const byLine = new Map(findings.map((finding) => [findingLine(finding), finding]));
  return [...byLine.values()].sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
  );
}
