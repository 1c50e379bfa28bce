/** Where a provider image has what only Kubernetes has; `IMAGE_PATH` has the rest. */
export const KUBERNETES_PATH = {
  kubectl: '/image/kubectl',
  /** YAML files applied in name order once the API answers. */
  manifests: '/image/manifests',
  /** What is applied before the commands that warm a cluster up, if there is anything. */
  warm: '/image/warm.yaml',
} as const;
