import { GocliError } from '../errors/error.ts';
import { ApiClient } from './api.ts';
import { filesInput, PUT_FILES } from './guest-files.ts';
import { renderPatches, renderKubeadmJoin, type KubeadmJoin } from './kubeadm-config.ts';
import type { AdminAccess } from './kubeconfig.ts';
import { clusterOf, kubernetesOf } from './section.ts';
import { localRegistryScript } from './local-registry.ts';
import { networkSetUp, podCidr } from './node-network.ts';
import { nodeName } from '../network/addresses.ts';
import { redact } from '../shared/redact.ts';
import { lastLines } from '../shared/text.ts';
import type { SshConnection } from '../ssh/interface.ts';
import { inTime, type InTimeOptions } from '../waiting/in-time.ts';
import type { RigState } from '../rig/state.ts';
import { gocliCommand } from '../shared/command.ts';

/** How long a step of the bootstrap may take, and what else ends it. */
export interface Bounds extends Pick<InTimeOptions, 'signal' | 'timeoutMs'> {
  /** Name of the cluster, for what to type. */
  readonly rig?: string;
}

/** The pod network of one node: CNI, routes, rules; and where it pulls from what the host pushed. @throws GocliError REMOTE_COMMAND, TIMEOUT */
export async function setUpNetwork(
  node: SshConnection,
  index: number,
  state: RigState,
  bounds: Bounds,
): Promise<void> {
  const { guest } = state.plan;
  const { script, stdin } = networkSetUp({ ...clusterOf(guest), index, nodes: guest.nodes });
  await inTime(`the pod network of ${nodeName(index)} is set up`, bounds, (signal) =>
    node.run(`${script}\n${localRegistryScript(state)}`, { signal, stdin }),
  );
}

/**
 * Makes the Node objects of all further nodes before these join, so that the controller manager gives each the part of
 * the pod network that its CNI configuration says.
 * @throws GocliError KUBERNETES, TIMEOUT
 */
export async function registerNodes(access: AdminAccess, state: RigState, bounds: Bounds): Promise<void> {
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
    await inTime(`${nodeName(index)} is registered`, bounds, (signal) =>
      api.json('/api/v1/nodes', signal, { method: 'POST', body: JSON.stringify(node) }),
    );
  }
}

/** Runs `kubeadm init` on the first node. @throws GocliError REMOTE_COMMAND or TIMEOUT with the end of its output */
export async function kubeadmInit(
  node: SshConnection,
  config: string,
  bounds: Bounds,
  onLine: (line: string) => void,
): Promise<void> {
  await inTime('the patches for kubeadm are written', bounds, (signal) =>
    node.run(PUT_FILES, { signal, stdin: filesInput(renderPatches()) }),
  );
  await kubeadm(node, 'node01', 'init', config, bounds, onLine);
}

/** Runs `kubeadm join` on a further node. @throws GocliError REMOTE_COMMAND or TIMEOUT with the end of its output */
export async function kubeadmJoin(
  node: SshConnection,
  join: KubeadmJoin,
  access: AdminAccess,
  bounds: Bounds,
): Promise<void> {
  await kubeadm(node, nodeName(join.index), 'join', renderKubeadmJoin(join, access.ca), bounds);
}

async function kubeadm(
  node: SshConnection,
  name: string,
  verb: 'init' | 'join',
  config: string,
  bounds: Bounds,
  onLine: (line: string) => void = () => undefined,
): Promise<void> {
  const file = '/etc/kubernetes/gocli.yaml';
  const lines: string[] = [];
  const hint = `Run again with --keep-on-failure, then: ${gocliCommand('ssh', bounds.rig, name)} -- journalctl -u kubelet`;
  const options = { ...bounds, hint, seen: () => redact(lastLines(lines.join('\n'), 5)) };
  const result = await inTime(`kubeadm ${verb} on ${name}`, options, (signal) =>
    node.exec(`cat > ${file} && kubeadm ${verb} --config ${file}`, {
      signal,
      stdin: config,
      onLine: (line) => {
        lines.push(line);
        if (line.startsWith('[')) onLine(line);
      },
    }),
  );
  if (result.exitCode === 0) return;
  throw new GocliError('REMOTE_COMMAND', `kubeadm ${verb} on ${name} ended with code ${result.exitCode}`, {
    observed: `${lastLines(result.stdout, 5)}\n${lastLines(result.stderr, 15)}`,
    hint,
  });
}
