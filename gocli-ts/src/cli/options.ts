import type { ClusterState } from '../rig/state.ts';
import type { FoundCluster } from '../rig/find.ts';
import { GocliError } from '../errors/error.ts';
import type { Session } from './session.ts';

/** `--name`: which cluster. kubevirtci calls it prefix. */
export const nameOption = {
  name: { alias: ['p', 'prefix'], type: 'string', requiresArg: true, describe: 'Name of the cluster' },
} as const;

/**
 * The cluster a command is about: the one named, or the only one there is. It must be running.
 * @throws GocliError NOT_FOUND, NOT_READY (stopped or paused)
 */
export async function chooseCluster(name: string | undefined, session: Session): Promise<FoundCluster> {
  const { requireAwake } = await import('../rig/find.ts');
  const found = await chooseAnyCluster(name, session);
  requireAwake(found.state);
  return found;
}

/** Like {@link chooseCluster}, for commands that also concern a cluster that is stopped or paused. */
export async function chooseAnyCluster(name: string | undefined, session: Session): Promise<FoundCluster> {
  const { findClusters, requireCluster } = await import('../rig/find.ts');
  const { checkClusterName } = await import('../rig/names.ts');
  if (name !== undefined) return requireCluster(session.docker, session.paths, checkClusterName(name));
  const all = await findClusters(session.docker, session.paths);
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  const preferred = all.find((cluster) => cluster.name === session.env['KUBEVIRT_PROVIDER']);
  if (preferred !== undefined) return preferred;
  throw new GocliError('NOT_FOUND', all.length === 0 ? 'no cluster exists' : 'there are several clusters', {
    hint:
      only === undefined
        ? 'Type: gocli run k8s-1.36'
        : `Name one with --name: ${all.map((one) => one.name).join(', ')}`,
  });
}

/** Like {@link chooseCluster}, with the state that every completely started cluster has. */
export async function chooseStarted(
  name: string | undefined,
  session: Session,
): Promise<{ found: FoundCluster; state: ClusterState }> {
  const { requireState } = await import('../rig/find.ts');
  const found = await chooseCluster(name, session);
  return { found, state: requireState(found) };
}
