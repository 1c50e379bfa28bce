import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Condition } from '../waiting/condition.ts';
import type { ApiClient } from './api.ts';

/** A write that parts of the cluster do themselves, to be tried without effect. */
export interface Write {
  readonly path: string;
  /** An object to be made; without one, what is there is patched with nothing. */
  readonly create?: object;
}

/** What a kubelet says of its node and of itself, and what the controller manager makes of it. */
export const NODE_WRITES: readonly Write[] = [
  { path: '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node01' },
  { path: '/api/v1/nodes/node01/status' },
];

/** What it takes until a deployment is seen to be available. */
export const POD_WRITES: readonly Write[] = [
  {
    path: '/api/v1/namespaces/kube-system/pods',
    create: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'gocli-ready' },
      spec: { containers: [{ name: 'ready', image: 'localhost/none' }] },
    },
  },
  { path: '/apis/apps/v1/namespaces/kube-system/deployments/coredns/status' },
];

/** What it takes until the API server sends requests for metrics on, and until those are answered. */
export const METRICS_WRITES: readonly Write[] = [
  {
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    create: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: 'gocli-ready', nonResourceAttributes: { path: '/', verb: 'get' } },
    },
  },
  { path: '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io/status' },
];

/**
 * Milliseconds until a write is tried beside what does not answer yet: whoever is refused tries again for longer than
 * anybody waits (k8s.io/apiserver, plugin/pkg/authorizer/webhook, DefaultRetryBackoff).
 */
const PATIENCE_MS = 4000;

/** In the words of k8s.io/apiserver, plugin/webhook: one that cannot be asked. */
function isUnasked(body: string): boolean {
  return body.includes('failed calling webhook');
}

/** One that cannot be asked, or that says no. */
export function isRefused(body: string): boolean {
  return isUnasked(body) || /admission webhook .* denied the request/.test(body);
}

/**
 * A condition that also holds while a webhook of the user's refuses what has to be written before it can: what is stored
 * is then of some time before, and says nothing of now. Such webhooks are asked in trials, too
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run).
 */
export function unlessRefused(condition: Condition, api: ApiClient, writes: readonly Write[]): Condition {
  return {
    ...condition,
    check: async (signal) => {
      const looking = condition.check(signal);
      looking.catch(() => undefined);
      const seen = await Promise.race([looking, delay(PATIENCE_MS, undefined, { ref: false })]);
      if (seen?.met === true) return seen;
      // A server that is only slow is spared the trials: most clusters have no webhook at all.
      for (const { path, create } of (await hasWebhooks(api, signal)) ? writes : []) {
        const { body } = await api.send(`${path}?dryRun=All`, signal, {
          method: create === undefined ? 'PATCH' : 'POST',
          body: JSON.stringify(create ?? {}),
          contentType: create === undefined ? 'application/merge-patch+json' : 'application/json',
        });
        // A policy may well refuse what nobody but this would make.
        if (create === undefined ? isRefused(body) : isUnasked(body))
          return { met: true, observed: `not known: a webhook refuses ${path}` };
      }
      return seen ?? (await looking);
    },
  };
}

const webhooksSchema = z.object({ items: z.array(z.object({ webhooks: z.array(z.unknown()).optional() })) });

/** Whether anybody is asked about writes; gocli's own configuration has no webhooks. */
async function hasWebhooks(api: ApiClient, signal: AbortSignal): Promise<boolean> {
  for (const kind of ['validating', 'mutating']) {
    const path = `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`;
    const { status, body } = await api.send(path, signal);
    if (status !== 200) continue;
    const { items } = webhooksSchema.parse(JSON.parse(body));
    if (items.some(({ webhooks = [] }) => webhooks.length > 0)) return true;
  }
  return false;
}
