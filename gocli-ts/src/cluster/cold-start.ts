import { setTimeout as delay } from 'node:timers/promises';
import { GocliError } from '../errors/error.ts';
import type { Steps } from '../events/steps.ts';
import { IMAGE_PATH } from '../config/provider.ts';
import { ApiClient } from '../k8s/api.ts';
import { apiReady, readyConditions } from '../k8s/conditions.ts';
import { firstPodCidr, renderCni, renderEarlyApi, renderKubeadmInit } from '../k8s/kubeadm-config.ts';
import { parseAdminConf, renderKubeconfig, type AdminAccess } from '../k8s/kubeconfig.ts';
import { nodeAddress } from '../network/addresses.ts';
import { lastLines } from '../shared/text.ts';
import type { SshConnection } from '../ssh/port.ts';
import { waitFor, type WaitOptions } from '../waiting/condition.ts';
import type { ClusterDeps } from './deps.ts';
import { hostPort } from './find.ts';
import { connectWhenUp, sshTarget } from './guest.ts';
import { writeSecret, type ClusterState } from './state.ts';

/** What a cold start works on: a cluster whose containers run. */
export interface ColdStart {
  readonly state: ClusterState;
  readonly networkContainer: string;
  readonly sshPrivateKey: string;
  /** Milliseconds for each wait. */
  readonly timeoutMs: number;
}

/** Where the administrator's kubeconfig lies in the network container while manifests are applied. */
const CONTAINER_KUBECONFIG = '/run/gocli-admin.conf';

/**
 * Turns a booting machine into a Ready cluster: kubeadm, and beside it, as soon as the API answers, the manifests of
 * the provider. Ready is proven, not assumed.
 */
export async function coldStart(
  start: ColdStart,
  steps: Steps,
  deps: ClusterDeps,
  signal: AbortSignal,
): Promise<void> {
  const { state, sshPrivateKey, timeoutMs } = start;
  const target = sshTarget(state, 1, sshPrivateKey);
  await using node = await steps.run('boot', 'Booting node01', () =>
    connectWhenUp(target, deps, signal, timeoutMs),
  );
  const access = await bootstrap(start, node, steps, deps, signal);
  await writeSecret(deps.paths, state.name, 'kubeconfig', renderKubeconfig(state.name, access));
  await steps.run('ready', 'Waiting until the cluster is Ready', async (step) => {
    using api = new ApiClient(access);
    await waitUntilReady(state, api, {
      clock: deps.clock,
      signal,
      timeoutMs,
      intervalMs: 250,
      onObserved: (message) => {
        step.progress({ message });
      },
    });
  });
}

/** All Ready conditions at once; the first that is not met in time is the error. */
async function waitUntilReady(state: ClusterState, api: ApiClient, options: WaitOptions): Promise<void> {
  await Promise.all(conditionsOf(state, api).map((condition) => waitFor(condition, options)));
}

/** The Ready conditions of a cluster. */
export function conditionsOf(state: ClusterState, api: ApiClient): ReturnType<typeof readyConditions> {
  return readyConditions({
    api,
    nodes: state.plan.guest.nodes,
    dnsPort: hostPort(state, '31111/udp'),
    registryPort: hostPort(state, '5000/tcp'),
  });
}

async function bootstrap(
  start: ColdStart,
  node: SshConnection,
  steps: Steps,
  deps: ClusterDeps,
  signal: AbortSignal,
): Promise<AdminAccess> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const stopOther = (error: unknown): never => {
    failed.abort(error);
    throw error;
  };
  const init = steps.run('kubeadm', 'Starting the control plane', (step) =>
    kubeadmInit(start.state, node, both, (message) => {
      step.progress({ message });
    }),
  );
  const system = steps.run('system', 'Applying the system manifests', async (step) => {
    const access = await adminAccess(start, node, deps, both);
    await applyManifests(start, access, deps, both, (message) => {
      step.progress({ message });
    });
    return access;
  });
  const [, access] = await Promise.all([init.catch(stopOther), system.catch(stopOther)]);
  await oneCoreDns(access, signal);
  return access;
}

/** kubeadm asks for two replicas, which on one node only cost twice the start. */
async function oneCoreDns(access: AdminAccess, signal: AbortSignal): Promise<void> {
  using api = new ApiClient(access);
  await api.json('/apis/apps/v1/namespaces/kube-system/deployments/coredns/scale', signal, {
    method: 'PATCH',
    body: JSON.stringify({ spec: { replicas: 1 } }),
    contentType: 'application/merge-patch+json',
  });
}

async function kubeadmInit(
  state: ClusterState,
  node: SshConnection,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const { kubernetes } = state.plan.guest;
  if (kubernetes === undefined)
    throw new GocliError('INTERNAL', 'kubeadm was asked for in a plan without Kubernetes');
  await node.run('mkdir -p /etc/cni/net.d && cat > /etc/cni/net.d/10-gocli.conflist', {
    signal,
    stdin: renderCni(firstPodCidr(kubernetes.podSubnet)),
  });
  await node.run('nft -f -', { signal, stdin: renderEarlyApi(kubernetes.serviceSubnet) });
  const result = await node.exec(
    'cat > /etc/kubernetes/gocli.yaml && kubeadm init --config /etc/kubernetes/gocli.yaml',
    {
      signal,
      stdin: renderKubeadmInit(kubernetes),
      onLine: (line) => {
        if (line.startsWith('[')) onLine(line);
      },
    },
  );
  if (result.exitCode === 0) return;
  throw new GocliError('REMOTE_COMMAND', `kubeadm init on node01 ended with code ${result.exitCode}`, {
    observed: `${lastLines(result.stdout, 5)}\n${lastLines(result.stderr, 15)}`,
    hint: 'Run again with --keep-on-failure, then: gocli ssh node01 -- journalctl -u kubelet',
  });
}

/** Waits for the administrator's certificate, which kubeadm makes early, and for the API server. */
async function adminAccess(
  start: ColdStart,
  node: SshConnection,
  deps: ClusterDeps,
  signal: AbortSignal,
): Promise<AdminAccess> {
  const server = `https://127.0.0.1:${hostPort(start.state, '6443/tcp').toFixed(0)}`;
  const { stdout } = await node.run(
    'until [ -s /etc/kubernetes/admin.conf ]; do sleep 0.2; done; cat /etc/kubernetes/admin.conf',
    { signal },
  );
  const access = parseAdminConf(stdout, server);
  using api = new ApiClient(access);
  await waitFor(apiReady(api), { clock: deps.clock, signal, timeoutMs: start.timeoutMs, intervalMs: 250 });
  return access;
}

/**
 * Applies the provider's manifests with the provider's own kubectl, which runs natively in the network container.
 * kubeadm may still be granting rights and making namespaces, so refusals are tried again for a while.
 */
async function applyManifests(
  start: ColdStart,
  access: AdminAccess,
  deps: ClusterDeps,
  signal: AbortSignal,
  onObserved: (message: string) => void,
): Promise<void> {
  const { containers } = deps.docker;
  const inside = { ...access, server: `https://${nodeAddress(1)}:6443` };
  const content = renderKubeconfig(start.state.name, inside);
  await containers.putFiles(start.networkContainer, '/run', [
    { path: CONTAINER_KUBECONFIG.slice(5), content, mode: 0o600 },
  ]);
  const argv = [
    IMAGE_PATH.kubectl,
    '--kubeconfig',
    CONTAINER_KUBECONFIG,
    'apply',
    '--server-side',
    '--force-conflicts',
    '-f',
    IMAGE_PATH.manifests,
  ];
  const deadline = deps.clock.monotonic() + Math.min(start.timeoutMs, 180_000);
  for (;;) {
    const result = await containers.exec(start.networkContainer, argv, { signal });
    if (result.exitCode === 0) return;
    onObserved(lastLines(result.stderr, 1));
    if (deps.clock.monotonic() > deadline) {
      throw new GocliError('KUBERNETES', 'the manifests of the provider cannot be applied', {
        observed: lastLines(result.stderr, 10),
      });
    }
    await delay(500, undefined, { signal });
  }
}
