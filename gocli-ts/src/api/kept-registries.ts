import { keptRegistries, keptWords } from '../rig/kept-registry.ts';
import type { FoundRig } from '../rig/life.ts';
import type { Context } from './context.ts';

/** What the registry of a removed rig stored, and the next one of that name has. */
export interface ListedRegistry {
  readonly name: string;
  readonly bytes: number;
  readonly provider: string | null;
  /** RFC 3339 time at which the rig was removed. */
  readonly since: string;
}

/** What is kept of registries whose rigs are not there. @param rigs all that are there */
export async function listedRegistries(
  docker: Context['docker'],
  rigs: readonly FoundRig[],
): Promise<ListedRegistry[]> {
  const kept = await keptRegistries(docker, rigs);
  return kept.map(({ name, bytes, provider, since }) => ({
    name,
    bytes,
    provider: provider ?? null,
    since: new Date(since).toISOString(),
  }));
}

/** What is kept of one, and what becomes of it, as a sentence. */
export function keptSentence(kept: Pick<ListedRegistry, 'name' | 'bytes'>): string {
  const words = keptWords(kept);
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
}

/** The same of several, a line each. */
export function keptLines(kept: readonly Pick<ListedRegistry, 'name' | 'bytes'>[]): string {
  return kept.map((one) => `${keptSentence(one)}\n`).join('');
}
