/** A write that parts of the cluster do themselves, to be tried without effect. */
export interface Write {
  /** `*` stands for each pod of the system that Ready looks at. */
  readonly path: string;
  /** An object to be made; without one, what is there is patched with nothing. */
  readonly create?: object;
  /** What is there is removed. */
  readonly removes?: boolean;
  /** It is a connection through the API server, about which webhooks may be asked, too. */
  readonly connects?: boolean;
}

/**
 * To a node that is not there: webhooks are asked before it is looked for (k8s.io/apiserver, endpoints/handlers,
 * ConnectResource).
 */
export const KUBELET_CALLS: readonly Write[] = [
  { path: '/api/v1/nodes/gocli-ready/proxy/healthz', connects: true },
];

/** What a kubelet says of its node and of itself, and what the controller manager makes of it. */
export const NODE_WRITES: readonly Write[] = [
  { path: '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node01' },
  { path: '/api/v1/nodes/node01/status' },
  // A kubelet that starts tries to make its node before it says anything of it.
  { path: '/api/v1/nodes', create: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node01' } } },
];

/** Pods with the labels of those that Ready looks at: webhooks may be asked about these alone. */
function podOf(app: string): Write {
  return {
    path: '/api/v1/namespaces/kube-system/pods',
    create: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `gocli-ready-${app}`, labels: { 'k8s-app': app } },
      spec: { containers: [{ name: 'ready', image: 'localhost/none' }] },
    },
  };
}

/** No pod that needs one starts without it, at a boot as ever: a kubelet keeps tokens in its memory. */
function tokenOf(account: string): Write {
  return {
    path: `/api/v1/namespaces/kube-system/serviceaccounts/${account}/token`,
    create: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  };
}

/** What it takes until a deployment is seen to be available. */
export const POD_WRITES: readonly Write[] = [
  tokenOf('coredns'),
  tokenOf('kube-proxy'),
  podOf('kube-dns'),
  podOf('metrics-server'),
  { path: '/api/v1/namespaces/kube-system/pods/*/status' },
  { path: '/apis/apps/v1/namespaces/kube-system/deployments/coredns/status' },
];

/** What it takes until a service leads to pods that are new, and to none that are gone. */
export const SERVICE_WRITES: readonly Write[] = [
  {
    path: '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices',
    create: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'gocli-ready', labels: { 'kubernetes.io/service-name': 'kube-dns' } },
      addressType: 'IPv4',
      endpoints: [],
    },
  },
];

/** What it takes until the API server sends requests for metrics on, and until those are answered. */
export const METRICS_WRITES: readonly Write[] = [
  {
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    create: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: 'gocli-ready', nonResourceAttributes: { path: '/', verb: 'get' } },
    },
  },
  {
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    create: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'none' } },
  },
  { path: '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io/status' },
];

/** What takes a node out of a cluster, and the pods that are bound to it. */
export function removalOf(node: string): readonly Write[] {
  return [
    { path: `/api/v1/nodes/${node}`, removes: true },
    { path: `/api/v1/namespaces/kube-system/pods?fieldSelector=spec.nodeName%3D${node}`, removes: true },
  ];
}

/** What no webhook is asked about: see the condition that stores a write. */
export const EXEMPT: Write = {
  path: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/gocli-ready',
};
