import type { EventSink, GocliEvent, OperationSink } from '../../events/events.ts';
import { redact } from '../../shared/redact.ts';
import { formatBytes } from '../../shared/size.ts';
import { formatSeconds } from '../../shared/text.ts';
import type { TerminalOut } from '../session.ts';

export const PROGRESS_MODES = ['auto', 'tty', 'plain', 'json', 'none'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

/** Something that shows events; `close` leaves the terminal as it was. */
export interface Progress {
  readonly sink: OperationSink;
  close(): void;
}

/** The renderer for a mode. `auto` draws on a terminal and prints lines elsewhere. */
export async function makeProgress(
  mode: ProgressMode,
  stream: TerminalOut,
  verbose: boolean,
): Promise<Progress> {
  const chosen = mode === 'auto' ? (stream.isTTY === true ? 'tty' : 'plain') : mode;
  switch (chosen) {
    case 'tty':
      return (await import('./tty.ts')).ttyProgress(stream, verbose);
    case 'plain':
      return { sink: plainSink(stream, verbose), close: () => undefined };
    case 'json':
      return { sink: (event) => stream.write(`${JSON.stringify(event, masked)}\n`), close: () => undefined };
    case 'none':
      return { sink: quietSink(stream), close: () => undefined };
  }
}

/** Masks each text by itself: what is masked in a whole JSON text may take a quote along. */
function masked(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? redact(value) : value;
}

function plainSink(stream: TerminalOut, verbose: boolean): EventSink {
  return (event) => {
    const line = lineOf(event, verbose);
    if (line !== undefined) stream.write(redact(`${line}\n`));
  };
}

/** `--quiet` still lets warnings through. */
function quietSink(stream: TerminalOut): EventSink {
  return (event) => {
    if (event.type === 'notice' && event.level === 'warning')
      stream.write(redact(`Warning: ${event.text}\n`));
  };
}

/** The line an event gets where nothing can be redrawn, or undefined for none. */
export function lineOf(event: GocliEvent, verbose: boolean): string | undefined {
  switch (event.type) {
    case 'step-start':
      return ` • ${event.title}${event.estimateSeconds === undefined ? '' : ` (took ${formatSeconds(event.estimateSeconds)} last time)`}`;
    case 'step-end':
      return endLine(event);
    case 'notice':
      return event.level === 'warning' ? `Warning: ${event.text}` : event.text;
    case 'log':
      return verbose ? `   ${event.source}: ${event.line}` : undefined;
    case 'step-progress':
      return verbose && event.message !== undefined ? `   ${event.message}` : undefined;
  }
}

/** ` ✓ Booting node01  23 s`. */
function endLine(event: Extract<GocliEvent, { type: 'step-end' }>): string {
  const mark = event.outcome === 'failed' ? '✗' : '✓';
  const time = event.outcome === 'cached' ? 'cached' : formatSeconds(event.seconds);
  return ` ${mark} ${event.title}  ${time}${event.note === undefined ? '' : `  (${event.note})`}`;
}

/** What a running step shows behind its title. */
export function detailOf(event: Extract<GocliEvent, { type: 'step-progress' }>): string {
  const { bytes, totalBytes, message = '' } = event;
  const amount =
    bytes === undefined
      ? ''
      : `${formatBytes(bytes)}${totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`}`;
  return [message, amount].filter((part) => part !== '').join(' ');
}
