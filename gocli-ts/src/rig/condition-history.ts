import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeAtomic } from '../host/atomic-files.ts';
import { rigFolder, type Paths } from '../host/paths.ts';
import type { ConditionStatus } from './status.ts';

const schema = z.record(z.string(), z.object({ met: z.boolean(), since: z.string() }));

export interface DatedCondition extends ConditionStatus {
  /** RFC 3339 time at which this answer was first seen. */
  readonly since: string;
}

/** Adds to each condition since when its answer is what it is, as far as anybody looked. */
export async function conditionHistory(
  paths: Paths,
  cluster: string,
  conditions: readonly ConditionStatus[],
  now: number,
): Promise<DatedCondition[]> {
  const folder = rigFolder(paths, cluster);
  const file = join(folder, 'conditions.json');
  const before = parse(await readIfThere(file).catch(() => undefined));
  const dated = conditions.map((condition) => {
    const known = before[condition.name];
    return { ...condition, since: known?.met === condition.met ? known.since : new Date(now).toISOString() };
  });
  const record = Object.fromEntries(dated.map(({ name, met, since }) => [name, { met, since }]));
  const folderThere = await stat(folder).catch(() => undefined);
  // Who may only read sees the conditions all the same.
  if (folderThere !== undefined) await writeAtomic(file, JSON.stringify(record)).catch(() => undefined);
  return dated;
}

function parse(text: string | undefined): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}
