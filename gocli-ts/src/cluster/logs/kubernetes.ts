import { ApiClient } from '../../k8s/api.ts';
import { parseKubeconfig } from '../../k8s/kubeconfig.ts';
import type { FoundCluster } from '../find.ts';
import { readSecret } from '../state.ts';
import { json, onePart, type LogDeps, type LogPart } from './part.ts';

const OBJECTS: Readonly<Record<string, string>> = {
  nodes: '/api/v1/nodes',
  pods: '/api/v1/pods',
  events: '/api/v1/events?limit=2000',
  deployments: '/apis/apps/v1/deployments',
};

/** What the API server says, when it answers. Secrets and config maps are not asked for. */
export function kubernetesParts(found: FoundCluster, { paths }: LogDeps): LogPart[] {
  if (found.state?.plan.guest.kubernetes === undefined) return [];
  return Object.entries(OBJECTS).map(([kind, path]) =>
    onePart(`kubernetes/${kind}.json`, async (signal) => {
      using api = new ApiClient(parseKubeconfig(await readSecret(paths, found.name, 'kubeconfig')));
      return json(await api.json(path, signal));
    }),
  );
}
