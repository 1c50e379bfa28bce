import { FakeApiServer, type ApiRequestSeen } from './api-server.ts';

interface Stored {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [key: string]: unknown;
}

type Answer = readonly [status: number, body: unknown];

/** Kinds by the path of their group, as discovery tells them. */
const RESOURCES: Readonly<Record<string, readonly object[]>> = {
  '/api/v1': [
    { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
    { name: 'namespaces', kind: 'Namespace', namespaced: false },
    { name: 'nodes', kind: 'Node', namespaced: false },
    { name: 'pods', kind: 'Pod', namespaced: true },
    { name: 'pods/status', kind: 'Pod', namespaced: true },
  ],
  '/apis/apps/v1': [{ name: 'deployments', kind: 'Deployment', namespaced: true }],
  '/apis/apiextensions.k8s.io/v1': [
    { name: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false },
  ],
};

/** An API server that stores objects by their paths, and makes of each at once what controllers would. */
export class ObjectStore {
  readonly objects = new Map<string, Stored>();
  /** Comes before each answer; what it gives is the answer. */
  before: (request: ApiRequestSeen) => Answer | undefined = () => undefined;
  /** What controllers say of an object; it is all there unless set. */
  statusOf: (object: Stored) => object = ({ kind }) =>
    kind === 'Deployment'
      ? { availableReplicas: 1, updatedReplicas: 1, replicas: 1 }
      : { conditions: ['Established', 'Ready'].map((type) => ({ type, status: 'True' })) };

  start(): Promise<FakeApiServer> {
    return FakeApiServer.start((request) => this.before(request) ?? this.#answer(request));
  }

  /** `deployments/kwok-controller` of each, but for the records of addons. */
  names(): string[] {
    const words = [...this.objects.keys()].map((path) => path.split('/').slice(-2).join('/'));
    return words.filter((word) => !word.startsWith('configmaps/gocli-addon-')).sort();
  }

  #answer({ method, path: whole, body }: ApiRequestSeen): Answer {
    const [path = '', query = ''] = whole.split('?');
    const resources = RESOURCES[path];
    if (resources !== undefined) return [200, { resources }];
    if (method === 'PATCH') {
      const object = JSON.parse(body) as Stored;
      if (!query.includes('dryRun')) this.objects.set(path, object);
      return [200, { ...object, status: this.statusOf(object) }];
    }
    if (method === 'DELETE') {
      return this.objects.delete(path) ? [200, {}] : [404, {}];
    }
    const found = this.objects.get(path);
    if (found !== undefined) return [200, { ...found, status: this.statusOf(found) }];
    if (!/s$/.test(path)) return [404, {}];
    const below = [...this.objects].filter(([one]) => one.startsWith(`${path}/`)).map(([, object]) => object);
    const wanted = query.startsWith('labelSelector')
      ? below.filter(({ metadata }) => metadata.labels !== undefined)
      : below;
    return [200, { items: wanted }];
  }
}
