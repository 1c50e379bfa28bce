import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readState, stateNames } from '../../cluster/state.ts';
import { nodeName } from '../../network/addresses.ts';
import type { Session } from '../session.ts';
import type { CompletionNames } from './candidates.ts';

/** Names from files alone: a completion must answer at once, also when Docker does not. */
export function namesFromFiles({ paths, checkout }: Pick<Session, 'paths' | 'checkout'>): CompletionNames {
  return {
    clusters: () => stateNames(paths),
    nodes: async (cluster) => {
      const name = cluster ?? (await stateNames(paths))[0];
      const state = name === undefined ? undefined : await readState(paths, name).catch(() => undefined);
      return Array.from({ length: state?.plan.guest.nodes ?? 0 }, (_, at) => nodeName(at + 1));
    },
    providers: () => readdir(join(checkout, 'cluster-up', 'cluster')).catch(() => []),
  };
}
