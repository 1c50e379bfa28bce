import { isCode, messageOf } from '../errors/error.ts';
import { nodeName } from '../network/addresses.ts';
import { gocliCommand } from '../shared/command.ts';
import { lastLines } from '../shared/text.ts';
import type { Condition } from '../waiting/condition.ts';
import type { ApiClient } from './api.ts';
import { isTrue, nodeListSchema } from './objects.ts';
import { unlessRefused } from './refused-writes.ts';
import { deploymentsAvailable, dnsAnswers, metricsServed, missing } from './system-conditions.ts';
import {
  KUBELET_CALLS,
  METRICS_WRITES,
  NODE_WRITES,
  POD_WRITES,
  SERVICE_WRITES,
  type Write,
} from './trial-writes.ts';

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

/**
 * The same for a cluster that its user has had already: webhooks of theirs do not decide.
 * @param afterMs milliseconds from the first look until anything is asked about webhooks
 */
export function usedConditions(targets: ReadyTargets, afterMs = 0): Condition[] {
  const { api, rig } = targets;
  return conditionsOf(targets, (condition, writes) =>
    unlessRefused(condition, api, writes, { afterMs, rig }),
  );
}

/** What it takes until the DNS of a cluster that boots answers; where its pods go on, nothing. */
const DNS_WRITES: readonly Write[] = [...POD_WRITES, ...SERVICE_WRITES];

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
    bear(dnsAnswers(targets.dnsPort), DNS_WRITES),
    bear(metricsServed(api), [...METRICS_WRITES, ...DNS_WRITES]),
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
 * Milliseconds until a thaw asks anything about webhooks: by then most are Ready, and each connection more costs a
 * handshake.
 */
export const THAW_PATIENCE_MS = 4000;

/**
 * What proves that a thawed cluster goes on. Its deployments and its metrics were there when it was frozen; what etcd
 * says of them is of that time and proves nothing.
 */
export function thawedConditions({ rig, api, nodes, dnsPort, registryPort }: ReadyTargets): Condition[] {
  const bearing = { afterMs: THAW_PATIENCE_MS, rig };
  return [
    apiReady(api),
    ...Array.from({ length: nodes }, (_, at) =>
      unlessRefused(kubeletHealthy(api, nodeName(at + 1)), api, KUBELET_CALLS, bearing),
    ),
    writeAccepted(api),
    registryAnswers(registryPort),
    // It may have been frozen when its pods could not start.
    unlessRefused(dnsAnswers(dnsPort), api, DNS_WRITES, bearing),
  ].map((condition) => hinted(condition, rig));
}

function kubeletHealthy(api: ApiClient, node: string): Condition {
  return {
    name: `the kubelet of ${node} is healthy`,
    check: async (signal) => {
      const { status, body } = await api.send(`/api/v1/nodes/${node}/proxy/healthz`, signal);
      return status === 200 ? { met: true } : missing(`status ${status}: ${lastLines(body, 1)}`);
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
