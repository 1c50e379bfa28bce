import type { ExecutionContext } from 'ava';
import { deploy, type Deployed } from './deployed.ts';
import { bandwidth, hostPort, nodePort } from './network.ts';
import { apparmor, hugepages, seccomp, sysctls, userNamespaces } from './node.ts';
import { disruptionBudget, ephemeralContainer, projectedTokens } from './pods.ts';
import { cronJob, localtime } from './time.ts';
import { fsGroup, nfs, statefulSet } from './volumes.ts';

/** What popular charts ask of a cluster: a manifest, and what shows that it works, not only that it runs. */
interface Chart {
  /** Its file in manifests/, and the name of its namespace. */
  readonly manifest: string;
  readonly shows: string;
  /** It is a part of the end-to-end tests, too. Together these may take 40 seconds there. */
  readonly e2e?: true;
  readonly proof: (t: ExecutionContext, deployed: Deployed) => Promise<void>;
}

/** None depends on another, and all may run at once, on a cluster of one node or more. */
export const CHARTS: readonly Chart[] = [
  { manifest: 'localtime', shows: 'a pod has the time zone of its node', proof: localtime },
  { manifest: 'cronjob', shows: 'a CronJob runs in its time zone', e2e: true, proof: cronJob },
  { manifest: 'apparmor', shows: 'AppArmor profiles act', proof: apparmor },
  { manifest: 'seccomp', shows: 'seccomp profiles act', e2e: true, proof: seccomp },
  { manifest: 'nfs', shows: 'pods share a volume over NFS', proof: nfs },
  { manifest: 'bandwidth', shows: 'annotations bound bandwidth', proof: bandwidth },
  { manifest: 'hostport', shows: 'a hostPort answers on node and host', proof: hostPort },
  { manifest: 'nodeport', shows: 'a NodePort answers on node and host', proof: nodePort },
  { manifest: 'fsgroup', shows: 'init containers and fsGroup prepare volumes', proof: fsGroup },
  { manifest: 'pdb', shows: 'a drain waits for a PodDisruptionBudget', proof: disruptionBudget },
  { manifest: 'statefulset', shows: 'a StatefulSet keeps names and volumes', proof: statefulSet },
  {
    manifest: 'tokens',
    shows: 'projected tokens are good for their audience',
    proof: projectedTokens,
  },
  { manifest: 'ephemeral', shows: 'a shell comes to a pod without one', proof: ephemeralContainer },
  { manifest: 'userns', shows: 'root in a pod is nobody on the node', e2e: true, proof: userNamespaces },
  { manifest: 'sysctls', shows: 'sysctls act, and unsafe ones are refused', e2e: true, proof: sysctls },
  { manifest: 'hugepages', shows: 'huge pages are given, or refused', e2e: true, proof: hugepages },
];

/** Applies the manifest of a chart to a cluster and shows that it works there. */
export async function prove(t: ExecutionContext, cluster: string, { manifest, proof }: Chart): Promise<void> {
  await proof(t, await deploy(cluster, manifest));
}
