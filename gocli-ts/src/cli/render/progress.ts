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

/** The renderer for a mode. `auto` draws on a terminal that can, and prints lines elsewhere. */
export async function makeProgress(
  mode: ProgressMode,
  stream: TerminalOut,
  verbose: boolean,
  beatMs = BEAT_MS,
): Promise<Progress> {
  const chosen = mode === 'auto' ? (stream.isTTY === true ? 'tty' : 'plain') : mode;
  switch (chosen) {
    case 'tty':
      return (await import('./tty.ts')).ttyProgress(stream, verbose);
    case 'plain':
      return plainProgress(stream, verbose, beatMs);
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

/** CI systems end jobs that say nothing for some minutes, and so do people. */
const BEAT_MS = 30_000;

/** A line for what begins and ends. While nothing does, what runs is told again, with what it showed last. */
function plainProgress(stream: TerminalOut, verbose: boolean, beatMs: number): Progress {
  const running = new Map<string, Running>();
  const say = (line: string): void => {
    stream.write(redact(`${line}\n`));
    beat.refresh();
  };
  const beat = setInterval(() => {
    for (const step of running.values()) say(stillLine(step));
  }, beatMs);
  // What only tells must not keep the process.
  beat.unref();
  return {
    sink: (event) => {
      follow(running, event);
      const line = lineOf(event, verbose);
      if (line !== undefined) say(line);
    },
    close: () => {
      clearInterval(beat);
    },
  };
}

/** ` … Booting node01  1 min 30 s (took 20 s last time)  waiting for sshd`. */
function stillLine({ title, since, estimate, detail }: Running): string {
  const time = formatSeconds((performance.now() - since) / 1000);
  return ` … ${title}  ${time}${lastTime(estimate)}${detail === '' ? '' : `  ${detail}`}`;
}

function lastTime(estimate: number | undefined): string {
  return estimate === undefined ? '' : ` (took ${formatSeconds(estimate)} last time)`;
}

/** A step that runs. */
export interface Running {
  readonly title: string;
  /** Milliseconds, as performance.now() has them. */
  readonly since: number;
  /** Seconds. */
  readonly estimate: number | undefined;
  detail: string;
}

/** Keeps the steps that run by their ids. */
export function follow(running: Map<string, Running>, event: GocliEvent): void {
  if (event.type === 'step-start') {
    running.set(event.id, {
      title: event.title,
      since: performance.now(),
      estimate: event.estimateSeconds,
      detail: '',
    });
  } else if (event.type === 'step-progress') {
    const step = running.get(event.id);
    if (step !== undefined) step.detail = detailOf(event);
  } else if (event.type === 'step-end') {
    running.delete(event.id);
  }
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
      return ` • ${event.title}${lastTime(event.estimateSeconds)}`;
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
