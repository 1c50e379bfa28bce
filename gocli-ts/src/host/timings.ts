import { join } from 'node:path';
import { z } from 'zod';
import type { EventSink, StepTiming } from '../events/events.ts';
import { Steps } from '../events/steps.ts';
import type { Clock } from '../shared/clock.ts';
import { readIfThere, writeAtomic } from './atomic-files.ts';
import type { Paths } from './paths.ts';

const schema = z.record(z.string(), z.number());
export type Timings = Readonly<Record<string, number>>;

const fileOf = (paths: Paths): string => join(paths.state, 'timings.json');

/** What one provider's step took says nothing of another's. No name of a provider has a slash. */
const keyOf = (provider: string, step: string): string => `${provider}/${step}`;

async function readAll(paths: Paths): Promise<Timings> {
  try {
    const text = await readIfThere(fileOf(paths));
    return text === undefined ? {} : schema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Seconds that each step of a provider took when it last really ran here, by its id. Only for display. */
export async function readTimings(paths: Paths, provider: string): Promise<Timings> {
  const prefix = keyOf(provider, '');
  return Object.fromEntries(
    Object.entries(await readAll(paths)).flatMap(([key, seconds]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), seconds]] : [],
    ),
  );
}

/**
 * Steps that are announced with the time they took before.
 * @param provider whose steps these are; undefined where it is not known
 */
export async function estimatedSteps(
  {
    emit,
    clock,
    paths,
  }: {
    readonly emit: EventSink;
    readonly clock: Clock;
    readonly paths: Paths;
  },
  provider: string | undefined,
): Promise<Steps> {
  return new Steps(emit, clock, provider === undefined ? {} : await readTimings(paths, provider));
}

/**
 * Keeps what was measured now: what really ran. Where it cannot be written, later steps have no estimates, no more.
 */
export async function writeTimings(
  paths: Paths,
  provider: string,
  timings: readonly StepTiming[],
): Promise<void> {
  const measured = timings
    .filter(({ outcome, detail }) => outcome === 'done' && detail !== true)
    .map(({ id, seconds }) => [keyOf(provider, id), seconds] as const);
  if (measured.length === 0) return;
  const merged = { ...(await readAll(paths)), ...Object.fromEntries(measured) };
  await writeAtomic(fileOf(paths), `${JSON.stringify(merged, undefined, 2)}\n`).catch(() => undefined);
}
