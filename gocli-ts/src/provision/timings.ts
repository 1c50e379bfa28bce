import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeAtomic } from '../host/files.ts';
import type { Paths } from '../host/paths.ts';

const schema = z.record(z.string(), z.number());
export type Timings = Readonly<Record<string, number>>;

const fileOf = (paths: Paths): string => join(paths.state, 'timings.json');

/** Seconds that each step of a provisioning took when it last really ran, by name. Only for display. */
export async function readTimings(paths: Paths): Promise<Timings> {
  const text = await readIfThere(fileOf(paths));
  try {
    return text === undefined ? {} : schema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Adds to the file what was measured now. */
export async function writeTimings(paths: Paths, measured: Timings): Promise<void> {
  if (Object.keys(measured).length === 0) return;
  const merged = { ...(await readTimings(paths)), ...measured };
  await writeAtomic(fileOf(paths), `${JSON.stringify(merged, undefined, 2)}\n`);
}
