import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { GocliError } from '../errors/error.ts';
import type { Steps } from '../events/steps.ts';
import { ApiClient } from './api.ts';
import { apiServer } from './access.ts';
import { apiReady, readyConditions } from './conditions.ts';
import { makeJoinToken, renderKubeadmInit } from './kubeadm-config.ts';
import { CONTAINER_KUBECONFIG, parseAdminConf, renderKubeconfig, type AdminAccess } from './kubeconfig.ts';
import { nodeAddress } from '../network/addresses.ts';
import { All } from '../shared/all.ts';
import { linked } from '../shared/limit.ts';
import { lastLines } from '../shared/text.ts';
import type { SshConnection } from '../ssh/interface.ts';
import { allMet } from '../waiting/all-met.ts';
import { waitFor, type WaitOptions } from '../waiting/condition.ts';
import { inTime } from '../waiting/in-time.ts';
import type { RigDeps } from '../rig/deps.ts';
import type { Booting } from '../rig/kind.ts';
import { connectWhenUp, sshTarget } from '../rig/ssh-target.ts';
import { KUBERNETES_PATH } from './image-path.ts';
import { addonsOf, clusterOf } from './section.ts';
import { KUBECONFIG_FILE } from './state-file.ts';
import { targetsOf } from './targets.ts';
import { kubeadmInit, kubeadmJoin, registerNodes, setUpNetwork } from './kubeadm.ts';
import { writeSecret, type RigState } from '../rig/state.ts';

/**
 * Turns booting machines into a Ready cluster: kubeadm, and beside it, as soon as the API answers, the manifests of
 * the provider; then all further nodes join at once. Ready is proven, not assumed.
 */
export async function coldStart(
  start: Booting,
  steps: Steps,
  deps: RigDeps,
  signal: AbortSignal,
): Promise<AdminAccess> {
  const { state, sshPrivateKey, timeoutMs } = start;
  const { nodes: count } = state.plan.guest;
  const indices = Array.from({ length: count }, (_, at) => at + 1);
  const title = count === 1 ? 'Booting node01' : `Booting ${count} nodes`;
  await using nodes = await steps.run('boot', title, () =>
    All.open(indices, (index) =>
      connectWhenUp(sshTarget(state, index, sshPrivateKey), deps, signal, timeoutMs),
    ),
  );
  const access = await bootstrap(start, nodes, steps, deps, signal);
  await writeSecret(deps.paths, state.name, KUBECONFIG_FILE, renderKubeconfig(state.name, access));
  await steps.run('ready', 'Waiting until the cluster is Ready', (step) =>
    waitUntilReady(state, access, steps, {
      clock: deps.clock,
      signal,
      timeoutMs,
      intervalMs: 250,
      onObserved: (message) => {
        step.progress({ message });
      },
    }),
  );
  await enablePlanned(start, access, steps, { ...deps, signal });
  return access;
}

async function enablePlanned(
  start: Booting,
  access: AdminAccess,
  steps: Steps,
  deps: RigDeps,
): Promise<void> {
  if (addonsOf(start.state.plan.guest).length === 0) return;
  const { enableAtStart } = await import('./addons/at-start.ts');
  await enableAtStart(start, access, steps, deps);
}

/** Waits until all Ready conditions of a cluster are met. */
async function waitUntilReady(
  state: RigState,
  access: AdminAccess,
  steps: Steps,
  options: WaitOptions,
): Promise<void> {
  using api = new ApiClient(access);
  await allMet(readyConditions(targetsOf(state, api)), steps, options);
}

async function bootstrap(
  start: Booting,
  nodes: All<SshConnection>,
  steps: Steps,
  deps: RigDeps,
  signal: AbortSignal,
): Promise<AdminAccess> {
  const cluster = clusterOf(start.state.plan.guest);
  const [first] = nodes.items;
  if (first === undefined) throw new GocliError('INTERNAL', 'a cluster without nodes');
  using together = linked(signal);
  const both = together.signal;
  const { timeoutMs } = start;
  const bounds = { signal: both, timeoutMs, rig: start.state.name };
  const stopOther = (error: unknown): never => {
    together.abort(error);
    throw error;
  };
  const token = makeJoinToken();
  const init = steps.run('kubeadm', 'Starting the control plane', async (step) => {
    await nodes.each((node, at) => setUpNetwork(node, at + 1, start.state, bounds));
    await kubeadmInit(first, renderKubeadmInit(cluster, token), bounds, (message) => {
      step.progress({ message });
    });
  });
  const system = steps.run('system', 'Applying the system manifests', async (step) => {
    step.progress({ message: 'waits for the API server' });
    const access = await adminAccess(start, first, deps, both);
    await registerNodes(access, start.state, bounds);
    await applyManifests(start, access, deps, both, (message) => {
      step.progress({ message });
    });
    return access;
  });
  const [, access] = await Promise.all([init.catch(stopOther), system.catch(stopOther)]);
  const others = nodes.items.slice(1);
  if (others.length > 0) {
    await steps.run(
      'join',
      `Joining ${others.length} further ${others.length === 1 ? 'node' : 'nodes'}`,
      () =>
        Promise.all(
          others.map((node, at) =>
            kubeadmJoin(node, { index: at + 2, token, subnet: cluster.subnet }, access, {
              ...bounds,
              signal,
            }),
          ),
        ),
    );
  }
  return access;
}

/** Waits for the administrator's certificate, which kubeadm makes early, and for the API server. */
async function adminAccess(
  start: Booting,
  node: SshConnection,
  deps: RigDeps,
  signal: AbortSignal,
): Promise<AdminAccess> {
  const read = 'until [ -s /etc/kubernetes/admin.conf ]; do sleep 0.2; done; cat /etc/kubernetes/admin.conf';
  const bounds = { signal, timeoutMs: start.timeoutMs };
  const { stdout } = await inTime('the certificate of the administrator is there', bounds, (bounded) =>
    node.run(read, { signal: bounded }),
  );
  const access = parseAdminConf(stdout, apiServer(start.state));
  using api = new ApiClient(access);
  await waitFor(apiReady(api), { clock: deps.clock, signal, timeoutMs: start.timeoutMs, intervalMs: 250 });
  return access;
}

/** Takes what kubectl prints of each object that it has applied, and says how many there are. */
function countObjects(onObserved: (message: string) => void): Writable {
  let count = 0;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const lines = chunk
        .toString()
        .split('\n')
        .filter((line) => line !== '');
      count += lines.length;
      onObserved(`${count.toFixed(0)} objects, the last one ${lines.at(-1)?.split(' ')[0] ?? ''}`);
      done();
    },
  });
}

/**
 * Applies the provider's manifests with the provider's own kubectl, which runs natively in the network container.
 * kubeadm may still be granting rights and making namespaces, so refusals are tried again for a while.
 */
async function applyManifests(
  start: Booting,
  access: AdminAccess,
  deps: RigDeps,
  signal: AbortSignal,
  onObserved: (message: string) => void,
): Promise<void> {
  const { containers } = deps.docker;
  const { subnet } = clusterOf(start.state.plan.guest);
  const inside = { ...access, server: `https://${nodeAddress(1, subnet)}:6443` };
  const content = renderKubeconfig(start.state.name, inside);
  await containers.putFiles(start.launched.network.id, '/run', [
    { path: CONTAINER_KUBECONFIG.slice(5), content, mode: 0o600 },
  ]);
  const argv = [
    KUBERNETES_PATH.kubectl,
    '--kubeconfig',
    CONTAINER_KUBECONFIG,
    'apply',
    '--server-side',
    '--force-conflicts',
    '-f',
    KUBERNETES_PATH.manifests,
  ];
  let seen = '';
  const bounds = { signal, timeoutMs: start.timeoutMs, seen: () => seen };
  const deadline = deps.clock.monotonic() + Math.min(start.timeoutMs, 180_000);
  for (;;) {
    const result = await inTime('the manifests are applied', bounds, (bounded) =>
      containers.exec(start.launched.network.id, argv, { signal: bounded, stdout: countObjects(onObserved) }),
    );
    if (result.exitCode === 0) return;
    seen = lastLines(result.stderr, 1);
    onObserved(seen);
    if (deps.clock.monotonic() > deadline) {
      throw new GocliError('KUBERNETES', 'the manifests of the provider cannot be applied', {
        observed: lastLines(result.stderr, 10),
      });
    }
    await delay(500, undefined, { signal });
  }
}
