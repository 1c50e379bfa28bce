/** Versions of what kubeadm deploys beside Kubernetes itself. */
export interface KubeadmVersions {
  /** `3.6.8-0` */
  readonly etcd: string;
  /** `v1.14.2` */
  readonly coredns: string;
  /** `3.10.2` */
  readonly pause: string;
}

/** Path below k8s.io/kubernetes of the source that says {@link KubeadmVersions}. */
export const KUBEADM_CONSTANTS = 'cmd/kubeadm/app/constants/constants.go';

/** Reads them from kubeadm's own source; undefined when they are not said as they used to be. */
export function parseKubeadmVersions(source: string): KubeadmVersions | undefined {
  const constant = (name: string): string | undefined =>
    new RegExp(String.raw`^\s*${name}\s*=\s*"([^"]+)"`, 'm').exec(source)?.[1];
  const [etcd, coredns, pause] = ['DefaultEtcdVersion', 'CoreDNSVersion', 'PauseVersion'].map(constant);
  return etcd === undefined || coredns === undefined || pause === undefined
    ? undefined
    : { etcd, coredns, pause };
}

/** Tags by image, as `kubeadm config images list` of a version has them (cmd/kubeadm/app/images/images.go). */
export function kubeadmTags(
  version: string,
  { etcd, coredns, pause }: KubeadmVersions,
): Record<string, string> {
  const own = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];
  return {
    ...Object.fromEntries(own.map((name) => [`registry.k8s.io/${name}`, `v${version}`])),
    'registry.k8s.io/etcd': etcd,
    'registry.k8s.io/coredns/coredns': coredns,
    'registry.k8s.io/pause': pause,
  };
}
