import type { RigDeps } from '../deps.ts';

export interface LogFile {
  /** Path below the export's folder. */
  readonly path: string;
  readonly content: string;
}

/** One or more files of an export. Parts are independent, so that a cluster that is half dead gives what it has. */
export interface LogPart {
  /** What it collects, for `errors.txt`. */
  readonly what: string;
  read(signal: AbortSignal): Promise<readonly LogFile[]>;
}

export type LogDeps = Pick<RigDeps, 'docker' | 'kinds' | 'ssh' | 'paths' | 'signal' | 'version'>;

/** A part that is one file. */
export function onePart(path: string, read: (signal: AbortSignal) => Promise<string>): LogPart {
  return { what: path, read: async (signal) => [{ path, content: await read(signal) }] };
}

/** A value as the text of a JSON file. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
