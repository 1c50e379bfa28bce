import type { TailResult } from '../../api/logs.ts';

/** The tails under headings, as `tail -v` prints several files. */
export function renderTails(logs: TailResult['logs']): string {
  return logs.map(({ source, text }) => `==> ${source} <==\n${text === '' ? '(empty)' : text}\n`).join('\n');
}
