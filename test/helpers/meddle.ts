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
}

/** The moment when something is done: milliseconds after a step began, or after the program did. */
export interface Moment {
  readonly step?: string | undefined;
  readonly ms?: number;
}

/** Runs gocli as a child of its own and does something once, while it runs. */
export async function meddle(
  argv: readonly string[],
  { step, ms = 0 }: Moment,
  work: (child: ChildProcess) => unknown,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [TINY_GOCLI, ...argv, '--progress', 'json'], {
    cwd: CHECKOUT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  const begin = async (): Promise<void> => {
    await delay(ms);
    await work(child);
  };
  let working = step === undefined ? begin() : undefined;
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr += `${line}\n`;
    const event = JSON.parse(line) as GocliEvent;
    if (event.type === 'step-start' && event.id === step) working ??= begin();
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  await working;
  return { exitCode, stderr };
}
