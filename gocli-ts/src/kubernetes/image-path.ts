/** Where a provider image has what only Kubernetes has; `IMAGE_PATH` has the rest. */
export const KUBERNETES_PATH = {
  kubectl: '/image/kubectl',
  /** YAML files applied in name order once the API answers. */
  manifests: '/image/manifests',
} as const;
