interface UnhonouredVariable {
  /** What the variable decides in kubevirtci, to be read behind "it sets". */
  readonly meaning: string;
  /** Values that ask for what gocli does anyway, besides the empty one. */
  readonly neutral: readonly string[];
  /** How to get the same with gocli. */
  readonly instead?: string;
}

const toggle = (meaning: string): UnhonouredVariable => ({ meaning, neutral: ['false', '0'] });
const setting = (meaning: string, instead?: string): UnhonouredVariable => ({
  meaning,
  neutral: [],
  ...(instead === undefined ? {} : { instead }),
});

const CHECKOUT_LOCATION = setting('where its scripts lie', 'gocli finds its own checkout');
const FAKE_PCI = setting('the emulated PCI devices of fake VFIO');
const DRA = setting('the driver for dynamic resource allocation');
const NFS_FOLDER = setting('a folder of the host exported over NFS');

/**
 * Variables of kubevirtci's virtual-machine providers that gocli knows and does not act on. Not listed are variables
 * of its kind, minikube and external providers, and general ones that other programs read too (CI, JOB_NAME,
 * DOCKER_PREFIX and so on).
 */
export const UNHONOURED_VARIABLES: Readonly<Record<string, UnhonouredVariable>> = {
  KUBEVIRTCI_PATH: CHECKOUT_LOCATION,
  KUBEVIRTCI_CLUSTER_PATH: CHECKOUT_LOCATION,
  KUBEVIRTCI_GOCLI_CONTAINER: setting('the image gocli runs from', 'gocli runs from its checkout'),
  KUBEVIRTCI_PODMAN_SOCKET: setting('the socket of podman'),
  KUBEVIRTCI_PROVISION_CHECK: setting(
    'the use of a local image',
    'gocli always looks for a local image first',
  ),
  KUBEVIRTCI_CONTAINER_SUFFIX: setting('the tag of the provider image', 'use KUBEVIRTCI_TAG'),
  KUBEVIRTCI_PROXY: setting('a proxy for image pulls', 'HTTP_PROXY and HTTPS_PROXY are followed'),
  KUBEVIRT_NUM_NUMA_NODES: { ...setting('the number of NUMA nodes'), neutral: ['1'] },
  KUBEVIRT_NUM_SECONDARY_NICS: { ...setting('further network cards'), neutral: ['0'] },
  KUBEVIRT_SECONDARY_NIC_BRIDGES: toggle('bridges over further network cards'),
  KUBEVIRT_DEPLOY_ISTIO: toggle('Istio'),
  KUBEVIRT_PSA: toggle('the restricted pod security standard'),
  KUBEVIRT_SINGLE_STACK: toggle('an IPv6-only cluster'),
  KUBEVIRT_FLANNEL: setting('Flannel or Calico', 'the CNI is bridge with host-local addresses'),
  KUBEVIRT_NO_ETCD_FSYNC: toggle('etcd without fsync'),
  KUBEVIRT_ENABLE_AUDIT: toggle('the audit log'),
  KUBEVIRT_DEPLOY_NFS_CSI: toggle('the NFS CSI driver'),
  KUBEVIRT_NFS_DIR: NFS_FOLDER,
  KUBEVIRT_DEPLOY_PROMETHEUS: toggle('Prometheus'),
  KUBEVIRT_DEPLOY_PROMETHEUS_ALERTMANAGER: toggle('the Alertmanager of Prometheus'),
  KUBEVIRT_DEPLOY_GRAFANA: toggle('Grafana'),
  KUBEVIRT_CGROUPV2: { ...setting('cgroup v1 or v2', 'the guest has cgroup v2'), neutral: ['true', '1'] },
  KUBEVIRT_WITH_SRIOV: toggle('emulated SR-IOV network cards'),
  KUBEVIRT_USE_DRA: toggle('dynamic resource allocation for SR-IOV'),
  KUBEVIRT_USE_FAKE_VFIO: toggle('fake VFIO devices'),
  KUBEVIRT_DEPLOY_CDI: toggle('the containerized data importer'),
  KUBEVIRT_CUSTOM_CDI_VERSION: setting('the version of the containerized data importer'),
  KUBEVIRT_DEPLOY_AAQ: toggle('application-aware quotas'),
  KUBEVIRT_CUSTOM_AAQ_VERSION: setting('the version of application-aware quotas'),
  KUBEVIRT_SWAP_ON: toggle('swap in the guest'),
  KUBEVIRT_SWAP_SIZE_IN_GB: setting('the size of the swap file'),
  KUBEVIRT_SWAPPINESS: setting('the swappiness of the guest'),
  KUBEVIRT_SWAP_BEHAVIOR: setting("kubelet's use of swap"),
  KUBEVIRT_KSM_ON: toggle('merging of equal memory pages'),
  KUBEVIRT_KSM_SLEEP_BETWEEN_SCANS_MS: setting('the pause of page merging'),
  KUBEVIRT_KSM_PAGES_TO_SCAN: setting('the pace of page merging'),
  KUBVIRT_WITH_CNAO_SKIP_CONFIG: toggle('the network add-ons operator without its resource'),
  KUBEVIRT_SLIM: toggle('the slim image'),
  KUBEVIRT_WITH_ETC_IN_MEMORY: toggle('etcd in memory'),
  KUBEVIRT_WITH_ETC_CAPACITY: setting('the size of etcd in memory'),
  KUBEVIRT_DNS_HOST_PORT: setting(
    'the host port of the cluster DNS',
    'use KUBEVIRT_PROVIDER_EXTRA_ARGS="--dns-port <port>"',
  ),
  KUBEVIRT_STORAGE: setting('the storage add-on', 'the default StorageClass keeps volumes on the node'),
  KUBEVIRT_HUGEPAGES_2M: { ...setting('2 MiB huge pages'), neutral: ['0'] },
  KUBEVIRT_HUGEPAGES_1G: { ...setting('1 GiB huge pages'), neutral: ['0'] },
  KUBEVIRT_REALTIME_SCHEDULER: setting('the real-time scheduler'),
  KUBEVIRT_FIPS: setting('FIPS mode'),
  KUBEVIRT_WITH_MULTUS: toggle('Multus'),
  KUBEVIRT_WITH_MULTUS_V3: toggle('Multus'),
  KUBEVIRT_WITH_CNAO: toggle('the network add-ons operator'),
  KUBEVIRT_WITH_DYN_NET_CTRL: toggle('the dynamic networks controller'),
  KUBEVIRT_DEPLOY_NETWORK_RESOURCES_INJECTOR: toggle('the network resources injector'),
  KUBEVIRT_VSOCK_CHILD_NS_MODE: setting('the vsock mode of child namespaces'),
  KUBEVIRT_TOPOLOGY_MANAGER_POLICY: setting('the topology manager policy'),
  KUBEVIRT_RESERVED_SYSTEM_CPUS: setting('the CPUs reserved for the system'),
  KUBEVIRT_NESTED_VIRTUALIZATION_REQUIRED: toggle('a check for nested virtualisation'),
  WINDOWS_NFS_DIR: NFS_FOLDER,
  WINDOWS_SYSPREP_NFS_DIR: NFS_FOLDER,
  RHEL_NFS_DIR: NFS_FOLDER,
  VFS_COUNT: setting('the number of SR-IOV virtual functions'),
  FAKE_PCI_DEVICES: FAKE_PCI,
  FAKE_IOMMU: FAKE_PCI,
  FAKE_PCI_DOMAIN: FAKE_PCI,
  FAKE_PCI_VENDOR_ID: FAKE_PCI,
  FAKE_PCI_DEVICE_ID: FAKE_PCI,
  DRA_DRIVER_PROFILE: DRA,
  DRA_DRIVER_NAME: DRA,
  DRA_DRIVER_IMAGE_NAME: DRA,
  DRA_DRIVER_NAMESPACE: DRA,
};
