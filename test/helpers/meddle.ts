import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { GocliEvent } from '../../gocli-ts/src/events/events.ts';
import { CHECKOUT, TINY_GOCLI } from './cli.ts';

/** How a gocli ended that something was done to. */
export interface Ended {
  readonly exitCode: number | null;
  /** Events, one line of JSON each. */
  readonly stderr: string;
  readonly marks: readonly Mark[];
  /** Milliseconds from its start to its end. */
  readonly ms: number;
}

/** An event that comes in the same order each time: not how far a step is, which depends on how long it takes. */
export interface Mark {
  readonly type: 'step-start' | 'step-end';
  /** Of the step. */
  readonly id: string;
  /** Milliseconds since the program was started. */
  readonly ms: number;
}

/** The moment when something is done: milliseconds after a step began, after the n-th mark, or after the program did. */
export interface Moment {
  readonly step?: string | undefined;
  readonly mark?: number | undefined;
  readonly ms?: number;
}

/**
 * Runs gocli as a child of its own and does something once, while it runs.
 * @param enter words of a program that runs another one, somewhere else
 */
export async function meddle(
  argv: readonly string[],
  { step, mark, ms = 0 }: Moment,
  work: (child: ChildProcess) => unknown,
  env: Readonly<Record<string, string>> = {},
  enter: readonly string[] = [],
): Promise<Ended> {
  const [program, ...words] = [...enter, process.execPath, TINY_GOCLI, ...argv, '--progress', 'json'];
  const since = performance.now();
  const child = spawn(program, words, {
    cwd: CHECKOUT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  const marks: Mark[] = [];
  const begin = async (): Promise<void> => {
    await delay(ms);
    await work(child);
  };
  let working = step === undefined && mark === undefined ? begin() : undefined;
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr += `${line}\n`;
    // What is no event, such as the trace of a crash, is seen in what is returned.
    if (!line.startsWith('{')) return;
    const event = JSON.parse(line) as GocliEvent;
    if (event.type !== 'step-start' && event.type !== 'step-end') return;
    marks.push({ type: event.type, id: event.id, ms: performance.now() - since });
    if ((event.type === 'step-start' && event.id === step) || marks.length === mark) working ??= begin();
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  await working;
  return { exitCode, stderr, marks, ms: performance.now() - since };
}
