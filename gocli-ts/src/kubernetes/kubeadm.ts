import { GocliError } from '../errors/error.ts';
import { ApiClient } from './api.ts';
import { filesInput, PUT_FILES } from './guest-files.ts';
import { renderPatches, renderKubeadmJoin } from './kubeadm-config.ts';
import type { AdminAccess } from './kubeconfig.ts';
import { kubernetesOf } from './section.ts';
import { networkInput, NETWORK_SCRIPT, podCidr } from './node-network.ts';
import { nodeName } from '../network/addresses.ts';
import { lastLines } from '../shared/text.ts';
import type { SshConnection } from '../ssh/port.ts';
import type { ClusterState } from '../rig/state.ts';

/** The pod network of one node: CNI, routes, rules. */
export async function setUpNetwork(
  node: SshConnection,
  index: number,
  state: ClusterState,
  signal: AbortSignal,
): Promise<void> {
  const stdin = networkInput({ ...kubernetesOf(state.plan.guest), index, nodes: state.plan.guest.nodes });
  await node.run(NETWORK_SCRIPT, { signal, stdin });
}

/**
 * Makes the Node objects of all further nodes before these join, so that the controller manager gives each the part of
 * the pod network that its CNI configuration says.
 */
export async function registerNodes(
  access: AdminAccess,
  state: ClusterState,
  signal: AbortSignal,
): Promise<void> {
  const { podSubnet } = kubernetesOf(state.plan.guest);
  using api = new ApiClient(access);
  for (let index = 2; index <= state.plan.guest.nodes; index += 1) {
    const cidr = podCidr(podSubnet, index);
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: nodeName(index) },
      spec: { podCIDR: cidr, podCIDRs: [cidr] },
    };
    await api.json('/api/v1/nodes', signal, { method: 'POST', body: JSON.stringify(node) });
  }
}

/** Runs `kubeadm init` on the first node. @throws GocliError REMOTE_COMMAND with the end of its output */
export async function kubeadmInit(
  node: SshConnection,
  config: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  await node.run(PUT_FILES, { signal, stdin: filesInput(renderPatches()) });
  await kubeadm(node, 'node01', 'init', config, signal, onLine);
}

/** Runs `kubeadm join` on a further node. @throws GocliError REMOTE_COMMAND with the end of its output */
export async function kubeadmJoin(
  node: SshConnection,
  index: number,
  token: string,
  access: AdminAccess,
  signal: AbortSignal,
): Promise<void> {
  await kubeadm(node, nodeName(index), 'join', renderKubeadmJoin(index, token, access.ca), signal);
}

async function kubeadm(
  node: SshConnection,
  name: string,
  verb: 'init' | 'join',
  config: string,
  signal: AbortSignal,
  onLine: (line: string) => void = () => undefined,
): Promise<void> {
  const file = '/etc/kubernetes/gocli.yaml';
  const result = await node.exec(`cat > ${file} && kubeadm ${verb} --config ${file}`, {
    signal,
    stdin: config,
    onLine: (line) => {
      if (line.startsWith('[')) onLine(line);
    },
  });
  if (result.exitCode === 0) return;
  throw new GocliError('REMOTE_COMMAND', `kubeadm ${verb} on ${name} ended with code ${result.exitCode}`, {
    observed: `${lastLines(result.stdout, 5)}\n${lastLines(result.stderr, 15)}`,
    hint: `Run again with --keep-on-failure, then: gocli ssh ${name} -- journalctl -u kubelet`,
  });
}
