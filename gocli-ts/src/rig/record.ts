import { randomInt } from 'node:crypto';
import { join } from 'node:path/posix';
import { z } from 'zod';
import { GocliError, isCode } from '../errors/error.ts';
import type { Docker } from '../place/interface.ts';
import type { Clock } from '../shared/clock.ts';
import { MACHINES } from './machine-files.ts';
import { stateSchema, type RigState } from './state.ts';

/** For root only: keys are in it. */
const FILE = 'record.json';
const PATH = join(MACHINES, FILE);

const recordSchema = z.object({
  format: z.literal(1),
  state: stateSchema,
  /** Texts by file of the state folder. */
  secrets: z.record(z.string().regex(/^[a-z0-9_]+$/), z.string()),
});

/** What the engine knows of a rig beyond labels: all that its state folder is a copy of. */
export interface RigRecord {
  readonly state: RigState;
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * Keeps what is known of a rig in the volume of its machines.
 * @param container one that has the volume, be it started or not
 * @returns the state with the revision by which a copy of it is known to be current
 */
export async function writeRecord(
  container: string,
  { state, secrets }: RigRecord,
  { docker, clock }: { readonly docker: Docker; readonly clock: Clock },
): Promise<RigState> {
  const revision = newRevision(clock);
  const revised = { ...state, revision };
  const content = JSON.stringify({ format: 1, state: revised, secrets });
  await docker.containers.putFiles(container, MACHINES, [
    { path: FILE, content, mode: 0o600, modified: revision },
  ]);
  return revised;
}

/** The time, and something by chance: two writers may write within one millisecond. */
function newRevision(clock: Clock): string {
  const ms = Math.round(clock.now());
  const seconds = Math.floor(ms / 1000).toFixed(0);
  const chance = randomInt(1_000_000).toFixed(0).padStart(6, '0');
  return `${seconds}.${(ms % 1000).toFixed(0).padStart(3, '0')}${chance}`;
}

/** The revision of a rig's record; undefined when there is none. Two orders of magnitude quicker than to read it. */
export function recordRevision(docker: Docker, container: string): Promise<string | undefined> {
  return docker.containers.modified(container, PATH);
}

/** @returns undefined when there is no record @throws GocliError BAD_FILE for a damaged one */
export async function readRecord(docker: Docker, container: string): Promise<RigRecord | undefined> {
  const text = await docker.containers.readFile(container, PATH).catch((error: unknown) => {
    if (isCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const { state, secrets } = recordSchema.parse(JSON.parse(text.toString('utf8')));
    return { state, secrets };
  } catch (error) {
    throw new GocliError('BAD_FILE', `the record of the cluster, ${PATH}, is damaged`, { cause: error });
  }
}
