import type { RigState } from '../rig/state.ts';
import { renderYaml } from '../shared/yaml.ts';
import type { ApiClient } from './api.ts';
import { hostRegistry, NODES_REGISTRY } from './local-registry.ts';

const NAME = 'local-registry-hosting';
const PATH = `/api/v1/namespaces/kube-public/configmaps/${NAME}?fieldManager=gocli&force=true`;

/**
 * What tools such as Tilt and Skaffold look for to know where to push images (KEP-1755, "Communicating a local
 * registry").
 */
function registryHosting(state: Pick<RigState, 'name' | 'ports'>): string {
  return renderYaml({
    host: hostRegistry(state),
    hostFromContainerRuntime: NODES_REGISTRY,
    hostFromClusterNetwork: NODES_REGISTRY,
    help: 'https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/generic/1755-communicating-a-local-registry',
  });
}

/** Tells the cluster's users where its registry is. @throws GocliError KUBERNETES */
export async function tellRegistry(
  api: ApiClient,
  state: Pick<RigState, 'name' | 'ports'>,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: NAME, namespace: 'kube-public' },
    data: { 'localRegistryHosting.v1': registryHosting(state) },
  });
  await api.json(PATH, signal, { method: 'PATCH', body, contentType: 'application/apply-patch+yaml' });
}
