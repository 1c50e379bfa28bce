import { join } from 'node:path';
import { z } from 'zod';
import type { EventSink } from '../events/events.ts';
import { Steps } from '../events/steps.ts';
import type { Clock } from '../shared/clock.ts';
import { readIfThere, writeAtomic } from './files.ts';
import type { Paths } from './paths.ts';

const schema = z.record(z.string(), z.number());
export type Timings = Readonly<Record<string, number>>;

const fileOf = (paths: Paths): string => join(paths.state, 'timings.json');

/** Seconds that each step took when it last really ran, by name. Only for display. */
export async function readTimings(paths: Paths): Promise<Timings> {
  try {
    const text = await readIfThere(fileOf(paths));
    return text === undefined ? {} : schema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Steps that are announced with the time they took before. */
export async function estimatedSteps({
  emit,
  clock,
  paths,
}: {
  readonly emit: EventSink;
  readonly clock: Clock;
  readonly paths: Paths;
}): Promise<Steps> {
  return new Steps(emit, clock, await readTimings(paths));
}

/** Adds to the file what was measured now; where it cannot be written, later steps have no estimates, no more. */
export async function writeTimings(paths: Paths, measured: Timings): Promise<void> {
  if (Object.keys(measured).length === 0) return;
  const merged = { ...(await readTimings(paths)), ...measured };
  await writeAtomic(fileOf(paths), `${JSON.stringify(merged, undefined, 2)}\n`).catch(() => undefined);
}
