import { Resolver } from 'node:dns/promises';
import type { Condition, Observation } from '../waiting/condition.ts';
import type { ApiClient } from './api.ts';
import { deploymentListSchema, podListSchema } from './objects.ts';

/** Label of deployments that belong to the provider; all others are the user's, in whatever namespace. */
const SYSTEM_LABEL = 'gocli.io/system';

/** kubeadm makes it, and knows no labels of ours. */
function isCoreDns({ namespace, name }: { namespace?: string | undefined; name: string }): boolean {
  return namespace === 'kube-system' && name === 'coredns';
}

/** Deployments of the provider have all of their pods, by what the API server has of them. */
export function deploymentsAvailable(api: ApiClient): Condition {
  return {
    name: 'the system deployments are available',
    check: async (signal) => {
      const all = deploymentListSchema.parse(await api.json('/apis/apps/v1/deployments', signal)).items;
      const system = all.filter(
        ({ metadata }) => isCoreDns(metadata) || metadata.labels?.[SYSTEM_LABEL] === 'true',
      );
      const late = system.filter(({ spec, status }) => status.availableReplicas < spec.replicas);
      if (system.length > 0 && late.length === 0) return { met: true };
      if (system.length === 0) return missing('none exists yet');
      const names = late.map(({ metadata }) => metadata.name);
      return missing(`not yet: ${names.join(', ')}${await troubles(api, signal, names)}`);
    },
  };
}

/** What keeps containers of these deployments from running, such as `CrashLoopBackOff`, in brackets. */
export async function troubles(
  api: ApiClient,
  signal: AbortSignal,
  deployments: readonly string[],
): Promise<string> {
  const { items } = podListSchema.parse(await api.json('/api/v1/pods', signal));
  const found = items
    .filter(({ metadata }) => deployments.some((name) => metadata.name.startsWith(`${name}-`)))
    .flatMap(({ status }) => status.containerStatuses)
    .flatMap(({ name, restartCount, state: { waiting } }) => {
      const why = [waiting?.reason ?? '', restartCount > 2 ? `restarted ${restartCount} times` : ''];
      const words = why.filter((part) => part !== '' && part !== 'ContainerCreating').join(', ');
      return words === '' ? [] : [`${name}: ${words}`];
    });
  return found.length === 0 ? '' : ` (${found.join('; ')})`;
}

/** Asks the cluster's own DNS, which is published on a host port, for the API's service name. */
export function dnsAnswers(port: number): Condition {
  return {
    name: 'the cluster DNS answers',
    check: async () => {
      const resolver = new Resolver({ timeout: 1500, tries: 1 });
      resolver.setServers([`127.0.0.1:${port.toFixed(0)}`]);
      const addresses = await resolver.resolve4('kubernetes.default.svc.cluster.local');
      return addresses.length > 0 ? { met: true } : missing('an empty answer');
    },
  };
}

/** The metrics API has measured a node. */
export function metricsServed(api: ApiClient): Condition {
  return {
    name: 'the metrics API serves node metrics',
    check: async (signal) => {
      const { status, body } = await api.send('/apis/metrics.k8s.io/v1beta1/nodes', signal);
      if (status !== 200) return missing(`status ${status}`);
      return nodeListOf(body) > 0 ? { met: true } : missing('no node has been measured yet');
    },
  };
}

function nodeListOf(body: string): number {
  const list = JSON.parse(body) as { items?: unknown[] };
  return list.items?.length ?? 0;
}

/** Not yet, as was seen. */
export function missing(observed: string): Observation {
  return { met: false, observed };
}
