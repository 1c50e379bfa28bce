import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { addonsFolder } from '../addons/folder.ts';
import { poolOfName, STOPPED } from '../rig/names.ts';
import { listSnapshots } from '../rig/snapshot/list.ts';
import { portInfosOf } from '../rig/published-ports.ts';
import { readState, stateNames, type RigState } from '../rig/state.ts';
import { listTemplates } from '../frozen/templates.ts';
import { nodeName } from '../network/addresses.ts';
import type { Context } from './context.ts';

/** Names that only a look at this host can tell. Each is asked for only when it is wanted. */
export interface HostNames {
  clusters(): Promise<readonly string[]>;
  /** Nodes of the cluster named, or of the only one. */
  nodes(cluster: string | undefined): Promise<readonly string[]>;
  /** Named ports of the same. */
  ports(cluster: string | undefined): Promise<readonly string[]>;
  providers(): Promise<readonly string[]>;
  addons(): Promise<readonly string[]>;
  snapshots(): Promise<readonly string[]>;
  templates(): Promise<readonly string[]>;
  /** Of the local Docker. */
  images(): Promise<readonly string[]>;
}

/** Milliseconds that somebody who is typing waits for Docker. */
const PATIENCE_MS = 1000;

/**
 * Names from files as far as these have them: a completion must answer at once, also when Docker does not. Snapshots
 * and templates are known to Docker alone.
 */
export function namesOnHost({
  paths,
  checkout,
  docker,
  kinds,
}: Pick<Context, 'paths' | 'checkout' | 'docker' | 'kinds'>): HostNames {
  const stateOf = async (cluster: string | undefined): Promise<RigState | undefined> => {
    const name = cluster ?? (await ownNames(paths))[0];
    return name === undefined ? undefined : readState(paths, name).catch(() => undefined);
  };
  return {
    snapshots: () => soon(listSnapshots(docker), ({ name }) => name),
    templates: () => soon(listTemplates(docker), ({ id }) => id),
    images: async () =>
      (await soon(docker.images.list({}), ({ tags }) => tags.join(' '))).flatMap((tags) => tags.split(' ')),
    clusters: () => ownNames(paths),
    nodes: async (cluster) => {
      const state = await stateOf(cluster);
      return Array.from({ length: state?.plan.guest.nodes ?? 0 }, (_, at) => nodeName(at + 1));
    },
    ports: async (cluster) => {
      const state = await stateOf(cluster);
      return state === undefined ? [] : portInfosOf(state.plan, kinds).map(({ name }) => name);
    },
    providers: () => readdir(join(checkout, 'cluster-up', 'cluster')).catch(() => []),
    addons: () => readdir(addonsFolder(checkout)).catch(() => []),
  };
}

/** Those of pools are nobody's yet. */
async function ownNames(paths: Context['paths']): Promise<string[]> {
  const names = await stateNames(paths).catch(() => []);
  return names.filter((name) => poolOfName(name) === undefined);
}

/** Nothing when Docker does not answer in time. */
async function soon<T>(listing: Promise<readonly T[]>, nameOf: (item: T) => string): Promise<string[]> {
  const nothing = delay(PATIENCE_MS, [] as readonly T[], { ref: false });
  const found = await Promise.race([listing.catch(() => []), nothing]);
  return found.map(nameOf).filter((name) => name !== STOPPED);
}
