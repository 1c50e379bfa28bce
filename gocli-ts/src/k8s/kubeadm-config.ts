import { stringify } from 'yaml';
import { GATEWAY, nodeAddress, nodeName } from '../network/addresses.ts';

export interface KubeadmPlan {
  readonly version: string;
  readonly podSubnet: string;
  readonly serviceSubnet: string;
}

/** A node that runs a throw-away cluster keeps its certificates for ten years: a frozen cluster must outlive a year. */
const TEN_YEARS = '87600h0m0s';
/** kubeadm's own limits fit real processors; on a busy host under emulation the wait around it decides. */
const PATIENCE = '10m0s';
const CRI_SOCKET = 'unix:///run/containerd/containerd.sock';

/**
 * The kubeadm configuration of the first node, as a stream of YAML documents.
 * Where it leaves kubeadm's defaults: ECDSA keys (a tenth of RSA's time under emulation), no leader election on the
 * only control plane, etcd without fsync, no eviction by disk use, static pods restarted after one second.
 */
export function renderKubeadmInit(plan: KubeadmPlan): string {
  return [initConfiguration(), clusterConfiguration(plan), kubeletConfiguration(), proxyConfiguration(plan)]
    .map((document) => stringify(document))
    .join('---\n');
}

function initConfiguration(): object {
  return {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'InitConfiguration',
    localAPIEndpoint: { advertiseAddress: nodeAddress(1), bindPort: 6443 },
    nodeRegistration: {
      name: nodeName(1),
      criSocket: CRI_SOCKET,
      taints: [],
      kubeletExtraArgs: [{ name: 'node-ip', value: nodeAddress(1) }],
      ignorePreflightErrors: ['all'],
      imagePullPolicy: 'Never',
    },
    timeouts: {
      controlPlaneComponentHealthCheck: PATIENCE,
      kubeletHealthCheck: PATIENCE,
      kubernetesAPICall: PATIENCE,
      etcdAPICall: PATIENCE,
    },
    skipPhases: ['preflight'],
  };
}

function clusterConfiguration({ version, podSubnet, serviceSubnet }: KubeadmPlan): object {
  return {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'ClusterConfiguration',
    kubernetesVersion: `v${version}`,
    encryptionAlgorithm: 'ECDSA-P256',
    certificateValidityPeriod: TEN_YEARS,
    caCertificateValidityPeriod: TEN_YEARS,
    networking: { podSubnet, serviceSubnet },
    apiServer: { certSANs: ['127.0.0.1', 'localhost', nodeAddress(1), GATEWAY] },
    controllerManager: { extraArgs: [{ name: 'leader-elect', value: 'false' }] },
    scheduler: { extraArgs: [{ name: 'leader-elect', value: 'false' }] },
    etcd: {
      local: {
        dataDir: '/var/lib/etcd',
        extraArgs: [{ name: 'unsafe-no-fsync', value: 'true' }],
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

/** CNI configuration of a node: pods on a bridge, addresses from the node's own part of the pod network. */
export function renderCni(podCidr: string): string {
  const conflist = {
    cniVersion: '1.0.0',
    name: 'gocli',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        promiscMode: false,
        ipam: { type: 'host-local', ranges: [[{ subnet: podCidr }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  };
  return `${JSON.stringify(conflist, undefined, 2)}\n`;
}

/** The part of the pod network that the first node gets: the controller manager hands out /24 in order. */
export function firstPodCidr(podSubnet: string): string {
  return podSubnet.replace(/\/\d+$/, '/24');
}

/**
 * nft rules that lead the service address of the API to the control plane before kube-proxy has written its own, which
 * say the same. Without them the first pods fail, restart and back off for a minute while kube-proxy starts.
 */
export function renderEarlyApi(serviceSubnet: string): string {
  const address = serviceSubnet.replace(/\.\d+\/\d+$/, '.1');
  const rule = `ip daddr ${address} tcp dport 443 dnat to ${nodeAddress(1)}:6443`;
  // One before dstnat (-100), where kube-proxy's chains are.
  const chain = (hook: string): string =>
    `  chain ${hook} {\n    type nat hook ${hook} priority -101;\n    ${rule}\n  }\n`;
  return `table ip gocli {\n${chain('prerouting')}${chain('output')}}\n`;
}
