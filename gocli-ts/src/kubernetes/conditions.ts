import { Resolver } from 'node:dns/promises';
import { isCode, messageOf } from '../errors/error.ts';
import { nodeName } from '../network/addresses.ts';
import { gocliCommand } from '../shared/command.ts';
import { lastLines } from '../shared/text.ts';
import type { Condition, Observation } from '../waiting/condition.ts';
import type { ApiClient } from './api.ts';
import {
  isRefused,
  KUBELET_CALLS,
  METRICS_WRITES,
  NODE_WRITES,
  POD_WRITES,
  unlessRefused,
  type Write,
} from './refused-writes.ts';
import { deploymentListSchema, isTrue, nodeListSchema, podListSchema } from './objects.ts';

/** What the Ready conditions of a cluster look at. */
export interface ReadyTargets {
  /** Name of the cluster. */
  readonly rig: string;
  readonly api: ApiClient;
  readonly nodes: number;
  /** Host ports on 127.0.0.1. */
  readonly dnsPort: number;
  readonly registryPort: number;
}

/** Where to look when a condition is not met. */
function hinted(condition: Condition, rig: string): Condition {
  const [status, logs] = [gocliCommand('status', rig), gocliCommand('logs', rig, '--export DIR')];
  return {
    ...condition,
    hint: `Type \`${status}\` for all conditions and \`${logs}\` for everything that was logged.`,
  };
}

/** The API server says of itself that it is ready. */
export function apiReady(api: ApiClient): Condition {
  return {
    name: 'the API server is ready',
    check: async (signal) => {
      const { status, body } = await api.send('/readyz', signal);
      return status === 200 ? { met: true } : missing(`/readyz: status ${status}: ${lastLines(body, 1)}`);
    },
  };
}

/**
 * Everything Ready stands for, each proven by an answer given now; what is stored in etcd may be old.
 * In the order in which they usually come true.
 */
export function readyConditions(targets: ReadyTargets): Condition[] {
  return conditionsOf(targets, (condition) => condition);
}

/** The same for a cluster that its user has had already: webhooks of theirs do not decide. */
export function usedConditions(targets: ReadyTargets): Condition[] {
  return conditionsOf(targets, (condition, writes) => unlessRefused(condition, targets.api, writes));
}

/** @param bear what is made of a condition that others may be kept from meeting, given what they would be kept from */
function conditionsOf(
  targets: ReadyTargets,
  bear: (condition: Condition, writes: readonly Write[]) => Condition,
): Condition[] {
  const { api, nodes } = targets;
  return [
    apiReady(api),
    ...Array.from({ length: nodes }, (_, at) => bear(kubeletHealthy(api, nodeName(at + 1)), KUBELET_CALLS)),
    bear(nodesReady(api, nodes), NODE_WRITES),
    writeAccepted(api),
    registryAnswers(targets.registryPort),
    bear(deploymentsAvailable(api), POD_WRITES),
    dnsAnswers(targets.dnsPort),
    bear(metricsServed(api), [...METRICS_WRITES, ...POD_WRITES]),
  ].map((condition) => hinted(patient(condition), targets.rig));
}

/** An API server that has just started refuses its administrator for a moment: that is waited for, too. */
export function patient(condition: Condition): Condition {
  return {
    ...condition,
    check: (signal) =>
      condition.check(signal).catch((error: unknown) => {
        if (isCode(error, 'KUBERNETES')) return missing(messageOf(error));
        throw error;
      }),
  };
}

/**
 * Milliseconds without an answer of a kubelet until its look tries whether a webhook keeps it. A look takes twenty seconds
 * here, and each connection more costs a thaw a handshake.
 */
const THAW_PATIENCE_MS = 4000;

/**
 * What proves that a thawed cluster goes on. Its deployments and its metrics were there when it was frozen; what etcd
 * says of them is of that time and proves nothing.
 */
export function thawedConditions({ rig, api, nodes, dnsPort, registryPort }: ReadyTargets): Condition[] {
  return [
    apiReady(api),
    ...Array.from({ length: nodes }, (_, at) =>
      unlessRefused(kubeletHealthy(api, nodeName(at + 1)), api, KUBELET_CALLS, THAW_PATIENCE_MS),
    ),
    writeAccepted(api),
    registryAnswers(registryPort),
    dnsAnswers(dnsPort),
  ].map((condition) => hinted(condition, rig));
}

function kubeletHealthy(api: ApiClient, node: string): Condition {
  return {
    name: `the kubelet of ${node} is healthy`,
    check: async (signal) => {
      const { status, body } = await api.send(`/api/v1/nodes/${node}/proxy/healthz`, signal);
      // A webhook of the user's may be asked about connections, too; what it refuses says nothing of the kubelet.
      return status === 200 || isRefused(body)
        ? { met: true }
        : missing(`status ${status}: ${lastLines(body, 1)}`);
    },
  };
}

function nodesReady(api: ApiClient, nodes: number): Condition {
  const names = new Set(Array.from({ length: nodes }, (_, at) => nodeName(at + 1)));
  return {
    name: nodes === 1 ? 'the node is Ready' : `all ${nodes} nodes are Ready`,
    check: async (signal) => {
      const { items: all } = nodeListSchema.parse(await api.json('/api/v1/nodes', signal));
      // Others may be objects that no machine is behind.
      const items = all.filter(({ metadata: { name } }) => names.has(name));
      const ready = items.filter((node) => isTrue(node.status.conditions, 'Ready'));
      if (ready.length >= nodes) return { met: true };
      const waiting = items.find((node) => !isTrue(node.status.conditions, 'Ready'));
      const why =
        waiting?.status.conditions.find(({ type }) => type === 'Ready')?.message ?? 'not registered yet';
      return missing(`${ready.length} of ${nodes} Ready; ${waiting?.metadata.name ?? 'a node'}: ${why}`);
    },
  };
}

/**
 * The one kind of object that no webhook and no policy is asked about (k8s.io/apiserver, admission/plugin/webhook/
 * predicates/rules, IsExemptAdmissionConfigurationResource): one of the user's whose server is gone refuses all others.
 * This one has no webhooks.
 */
function writeAccepted(api: ApiClient): Condition {
  const kind = 'ValidatingWebhookConfiguration';
  const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s/gocli-ready?fieldManager=gocli&force=true`;
  return {
    name: 'the API server stores a write',
    check: async (signal) => {
      const body = JSON.stringify({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind,
        metadata: { name: 'gocli-ready', annotations: { 'gocli.io/checked': new Date().toISOString() } },
      });
      const { status, body: answer } = await api.send(path, signal, {
        method: 'PATCH',
        body,
        contentType: 'application/apply-patch+yaml',
      });
      return status < 300 ? { met: true } : missing(`status ${status}: ${lastLines(answer, 1)}`);
    },
  };
}

function registryAnswers(port: number): Condition {
  return {
    name: 'the registry answers',
    check: async (signal) => {
      const { status } = await fetch(`http://127.0.0.1:${port.toFixed(0)}/v2/`, { signal });
      return status === 200 ? { met: true } : missing(`/v2/: status ${status}`);
    },
  };
}

/** Label of deployments that belong to the provider; all others are the user's, in whatever namespace. */
const SYSTEM_LABEL = 'gocli.io/system';

/** kubeadm makes it, and knows no labels of ours. */
function isCoreDns({ namespace, name }: { namespace?: string | undefined; name: string }): boolean {
  return namespace === 'kube-system' && name === 'coredns';
}

function deploymentsAvailable(api: ApiClient): Condition {
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
function dnsAnswers(port: number): Condition {
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

function metricsServed(api: ApiClient): Condition {
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

function missing(observed: string): Observation {
  return { met: false, observed };
}
