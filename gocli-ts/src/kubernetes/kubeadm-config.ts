import { createHash, randomInt, X509Certificate } from 'node:crypto';
import { gatewayAddress, nodeAddress, nodeName } from '../network/addresses.ts';
import { yaml } from '../shared/yaml.ts';

export interface KubeadmPlan {
  readonly version: string;
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  /** Network of the nodes. */
  readonly subnet: string;
}

/** A node that runs a throw-away cluster keeps its certificates for ten years: a frozen cluster must outlive a year. */
const TEN_YEARS = '87600h0m0s';
/** kubeadm's own limits fit real processors; on a busy host under emulation the wait around it decides. */
const PATIENCE = '10m0s';
const TIMEOUTS = {
  controlPlaneComponentHealthCheck: PATIENCE,
  kubeletHealthCheck: PATIENCE,
  kubernetesAPICall: PATIENCE,
  etcdAPICall: PATIENCE,
  tlsBootstrap: PATIENCE,
  discovery: PATIENCE,
};
const CRI_SOCKET = 'unix:///run/containerd/containerd.sock';

/** Folder on the first node with changes to what kubeadm deploys. */
const PATCHES_FOLDER = '/etc/kubernetes/patches';

function apiEndpoint(subnet: string): string {
  return `${nodeAddress(1, subnet)}:6443`;
}

/** A new token by which nodes join, in the form kubeadm wants: `[a-z0-9]{6}.[a-z0-9]{16}`. */
export function makeJoinToken(): string {
  const letters = Array.from({ length: 22 }, () => randomInt(36).toString(36)).join('');
  return `${letters.slice(0, 6)}.${letters.slice(6)}`;
}

/** What a joining node knows a cluster's authority by (kubeadm, `--discovery-token-ca-cert-hash`). */
export function authorityHash(caPem: string): string {
  const key = new X509Certificate(caPem).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/**
 * The kubeadm configuration of the first node, as a stream of YAML documents.
 * Where it leaves kubeadm's defaults: ECDSA keys (a tenth of RSA's time under emulation), no leader election on the
 * only control plane, etcd without fsync, no eviction by disk use, static pods restarted after one second.
 */
export function renderKubeadmInit(plan: KubeadmPlan, joinToken: string): string {
  return [
    initConfiguration(plan, joinToken),
    clusterConfiguration(plan),
    kubeletConfiguration(),
    proxyConfiguration(plan),
  ]
    .map((document) => render(document))
    .join('---\n');
}

/** Unambiguous also for readers of YAML 1.1. What is rendered is a part of the template's key, so its form stays. */
function render(document: object): string {
  return yaml().stringify(document, { compat: 'yaml-1.1' });
}

/** A further node, and how it joins. */
export interface KubeadmJoin extends Pick<KubeadmPlan, 'subnet'> {
  readonly index: number;
  readonly token: string;
}

/** The kubeadm configuration of a further node. */
export function renderKubeadmJoin({ index, token, subnet }: KubeadmJoin, caPem: string): string {
  return render({
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'JoinConfiguration',
    nodeRegistration: registration(index, subnet),
    discovery: {
      bootstrapToken: {
        apiServerEndpoint: apiEndpoint(subnet),
        token,
        caCertHashes: [authorityHash(caPem)],
      },
      tlsBootstrapToken: token,
    },
    timeouts: TIMEOUTS,
    skipPhases: ['preflight'],
  });
}

/** Seconds between two probes of a part of the control plane; kubeadm's 1 s costs a TLS handshake each. */
const PROBE_SECONDS = 30;

/**
 * Changes to what kubeadm deploys, by absolute path on a node. CoreDNS has one replica, because two on one machine
 * only cost twice the start, and stays on the first node, because a cluster may be thawed without its other nodes.
 */
export function renderPatches(): Record<string, string> {
  const probe = { periodSeconds: PROBE_SECONDS };
  const staticPod = (name: string): string =>
    render({ spec: { containers: [{ name, livenessProbe: probe, readinessProbe: probe }] } });
  const coreDns = {
    spec: {
      replicas: 1,
      template: { spec: { nodeSelector: { 'node-role.kubernetes.io/control-plane': '' } } },
    },
  };
  return {
    [`${PATCHES_FOLDER}/corednsdeployment+strategic.yaml`]: render(coreDns),
    [`${PATCHES_FOLDER}/kube-apiserver+strategic.yaml`]: staticPod('kube-apiserver'),
    [`${PATCHES_FOLDER}/kube-scheduler+strategic.yaml`]: staticPod('kube-scheduler'),
    [`${PATCHES_FOLDER}/etcd+strategic.yaml`]: staticPod('etcd'),
  };
}

function initConfiguration({ subnet }: KubeadmPlan, joinToken: string): object {
  return {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'InitConfiguration',
    bootstrapTokens: [
      {
        token: joinToken,
        ttl: '1h0m0s',
        usages: ['signing', 'authentication'],
        groups: ['system:bootstrappers:kubeadm:default-node-token'],
      },
    ],
    localAPIEndpoint: { advertiseAddress: nodeAddress(1, subnet), bindPort: 6443 },
    nodeRegistration: registration(1, subnet),
    timeouts: TIMEOUTS,
    skipPhases: ['preflight'],
    patches: { directory: PATCHES_FOLDER },
  };
}

function registration(index: number, subnet: string): object {
  return {
    name: nodeName(index),
    criSocket: CRI_SOCKET,
    taints: [],
    kubeletExtraArgs: [{ name: 'node-ip', value: nodeAddress(index, subnet) }],
    ignorePreflightErrors: ['all'],
    imagePullPolicy: 'Never',
  };
}

function clusterConfiguration({ version, podSubnet, serviceSubnet, subnet }: KubeadmPlan): object {
  return {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'ClusterConfiguration',
    kubernetesVersion: `v${version}`,
    encryptionAlgorithm: 'ECDSA-P256',
    certificateValidityPeriod: TEN_YEARS,
    caCertificateValidityPeriod: TEN_YEARS,
    networking: { podSubnet, serviceSubnet },
    apiServer: { certSANs: ['127.0.0.1', 'localhost', nodeAddress(1, subnet), gatewayAddress(subnet)] },
    controllerManager: { extraArgs: [{ name: 'leader-elect', value: 'false' }] },
    scheduler: { extraArgs: [{ name: 'leader-elect', value: 'false' }] },
    etcd: {
      local: {
        dataDir: '/var/lib/etcd',
        extraArgs: [
          { name: 'unsafe-no-fsync', value: 'true' },
          // The API server asks for progress when it needs it; kubeadm's 5 s only wake every watch of an idle cluster.
          { name: 'watch-progress-notify-interval', value: '10m' },
          // One member hears no heartbeats.
          { name: 'heartbeat-interval', value: '500' },
          { name: 'election-timeout', value: '5000' },
        ],
      },
    },
  };
}

function kubeletConfiguration(): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupDriver: 'systemd',
    failSwapOn: false,
    imageGCHighThresholdPercent: 100,
    imageMinimumGCAge: '24h',
    evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
    crashLoopBackOff: { maxContainerRestartPeriod: '1s' },
    featureGates: { KubeletCrashLoopBackOffMax: true },
    rotateCertificates: true,
    serializeImagePulls: false,
  };
}

function proxyConfiguration({ podSubnet }: KubeadmPlan): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clusterCIDR: podSubnet,
    mode: 'nftables',
    conntrack: { maxPerCore: 0 },
  };
}
