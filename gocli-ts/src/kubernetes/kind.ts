import type { Kind } from '../rig/kind.ts';
import { idOfState } from '../rig/identity.ts';
import type { GuestPlan } from '../rig/plan.ts';
import { unitTold } from '../rig/unit-told.ts';
import { expiryOf, keysOf, kubeconfigOf } from './access.ts';
import { renderKubeadmInit, renderPatches } from './kubeadm-config.ts';
import { parseKubeconfig } from './kubeconfig.ts';
import { localRegistryScript } from './local-registry.ts';
import { networkSetUp } from './node-network.ts';
import { KUBERNETES_OPTIONS } from './options/kubernetes-options.ts';
import { PORTS } from './ports.ts';
import { addonsOf, clusterOf, kubernetesOf, SECTION } from './section.ts';
import { KUBECONFIG_FILE } from './state-file.ts';

/**
 * Rigs that are Kubernetes clusters. Every command that works on rigs loads this file, and few need all of it: what
 * talks to a cluster is loaded at its first use.
 */
export const kubernetesKind: Kind = {
  name: SECTION,
  called: 'cluster',
  product: { title: 'Kubernetes', version: (sections) => kubernetesOf(sections).version },
  next: [
    { variable: 'KUBECONFIG', secretFile: KUBECONFIG_FILE },
    { verb: 'kubectl', words: ['get', 'pods', '-A'] },
    { verb: 'ssh', words: ['node01'] },
  ],
  // A node with less cannot run a control plane.
  leastMemoryMiB: 1700,
  ports: PORTS,
  networks: (guest) => {
    const { podSubnet, serviceSubnet } = kubernetesOf(guest);
    return { pods: podSubnet, services: serviceSubnet };
  },
  // It pulls images. Restarted it leaves all containers running (KillMode=process).
  told: unitTold('containerd.service', ['.svc', '.cluster.local']),
  // The second one is kubevirtci's, and may do everything by sudo.
  users: () => ['root', 'cloud-user'],
  options: KUBERNETES_OPTIONS,
  sent,
  beforeBoot: async (guest, deps) => {
    if (addonsOf(guest).length > 0) await (await import('./addons/at-start.ts')).requireAddons(guest, deps);
  },
  bringUp: async (booting, steps, deps, signal) => {
    const { coldStart } = await import('./cold-start.ts');
    return keysOf(await coldStart(booting, steps, deps, signal));
  },
  settle: async (state, keys, deps) => (await import('./ready.ts')).settle(state, keys, deps),
  afterThaw: async (thawed, steps, options) => (await import('./ready.ts')).afterThaw(thawed, steps, options),
  warming: async (found, deps) => (await import('./warm.ts')).warmingOf(found, deps),
  tellGuests: localRegistryScript,
  proof: async (state, paths) => (await import('./ready.ts')).proof(state, paths),
  secretFiles: [KUBECONFIG_FILE],
  keyFiles: (state, keys) => {
    const kubeconfig = kubeconfigOf(state, keys);
    return kubeconfig === undefined ? {} : { [KUBECONFIG_FILE]: kubeconfig };
  },
  readKeys: (secrets) => keysOf(parseKubeconfig(secrets[KUBECONFIG_FILE] ?? '')),
  expiresAt: expiryOf,
  logParts: async (found, deps) => (await import('./log-parts.ts')).kubernetesParts(found, deps),
  trial: async (state, deps) => (await import('./trial.ts')).runTrialPod(idOfState(state), deps),
};

function sent(guest: GuestPlan): readonly unknown[] {
  const plan = clusterOf(guest);
  const { script, stdin } = networkSetUp({ ...plan, index: 1, nodes: 1 });
  return [renderKubeadmInit(plan, ''), renderPatches(), script, stdin];
}
