import { messageOf } from '../errors/error.ts';
import { findRigs } from '../rig/find.ts';
import { keptRegistries, keptWords } from '../rig/kept-registry.ts';
import type { FoundRig } from '../rig/life.ts';
import type { Context } from './context.ts';

/** What the registry of a removed rig stored, and the next one of that name has. */
export interface ListedRegistry {
  readonly name: string;
  readonly bytes: number;
  readonly provider: string | null;
  /** Who started that rig, as `alice (uid 1000)`. */
  readonly user: string | null;
  /** RFC 3339 time at which the rig was removed. */
  readonly since: string;
}

/** What is kept of registries whose rigs are not there. @param rigs all that are there */
export async function listedRegistries(
  docker: Context['docker'],
  rigs: readonly FoundRig[],
): Promise<ListedRegistry[]> {
  const kept = await keptRegistries(docker, rigs);
  return kept.map(({ name, bytes, provider, user, since }) => ({
    name,
    bytes,
    provider: provider ?? null,
    user: user ?? null,
    since: new Date(since).toISOString(),
  }));
}

/**
 * The same beside removals, of which it is no part: it neither hides their errors nor makes them fail.
 * @param what which of them, for the warning
 */
export async function listedAfter(
  what: string,
  { docker, paths, emit }: Pick<Context, 'docker' | 'paths' | 'emit'>,
): Promise<ListedRegistry[]> {
  try {
    return await listedRegistries(docker, await findRigs(docker, paths));
  } catch (error) {
    const text = `What is kept of ${what} cannot be listed: ${messageOf(error)}.`;
    emit({ type: 'notice', level: 'warning', text });
    return [];
  }
}

/** What words need of one. */
type Told = Pick<ListedRegistry, 'name' | 'bytes'> & Partial<Pick<ListedRegistry, 'user'>>;

/** What is kept of one, and what becomes of it, as a sentence. */
export function keptSentence(kept: Told): string {
  const words = keptWords({ ...kept, user: kept.user ?? undefined });
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
}

/** The same of several, a line each. */
export function keptLines(kept: readonly Told[]): string {
  return kept.map((one) => `${keptSentence(one)}\n`).join('');
}
