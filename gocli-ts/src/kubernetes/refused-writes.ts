import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { abortReason } from '../shared/clock.ts';
import { linked } from '../shared/limit.ts';
import type { Condition } from '../waiting/condition.ts';
import type { ApiClient } from './api.ts';

/** A write that parts of the cluster do themselves, to be tried without effect. */
export interface Write {
  readonly path: string;
  /** An object to be made; without one, what is there is patched with nothing. */
  readonly create?: object;
  /** It is a connection through the API server, about which webhooks may be asked, too. */
  readonly connects?: boolean;
}

/**
 * To a node that is not there: webhooks are asked before it is looked for (k8s.io/apiserver, endpoints/handlers,
 * ConnectResource).
 */
export const KUBELET_CALLS: readonly Write[] = [
  { path: '/api/v1/nodes/gocli-ready/proxy/healthz', connects: true },
];

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

/** What no webhook is asked about: see the condition that stores a write. */
const EXEMPT: Write = {
  path: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/gocli-ready',
};

/**
 * Milliseconds until a write is tried beside what does not answer yet: whoever is refused tries again for longer than
 * anybody waits (k8s.io/apiserver, plugin/pkg/authorizer/webhook, DefaultRetryBackoff). This and the next together are
 * less than a third of what `status` gives a condition.
 */
const PATIENCE_MS = 1000;

/**
 * Milliseconds without an answer to a write, when one that no webhook is asked about was answered, until a webhook counts
 * as what keeps it: its server may take connections and say nothing, for up to thirty seconds each time.
 */
const SILENCE_MS = 2000;

/** In the words of k8s.io/apiserver, plugin/webhook: one that cannot be asked. */
function isUnasked(body: string): boolean {
  return body.includes('failed calling webhook');
}

/** One that cannot be asked, or that says no. */
export function isRefused(body: string): boolean {
  return isUnasked(body) || /admission webhook .* denied the request/.test(body);
}

/**
 * A condition that also holds while a webhook of the user's refuses what has to be written before it can, or keeps it
 * without an answer: what is stored is then of some time before, and says nothing of now. Such webhooks are asked in
 * trials, too (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run).
 * @param patienceMs milliseconds until a condition that does not answer is given trials
 */
export function unlessRefused(
  condition: Condition,
  api: ApiClient,
  writes: readonly Write[],
  patienceMs = PATIENCE_MS,
): Condition {
  return {
    ...condition,
    check: async (signal) => {
      // What is still open at the end would keep its connection from others.
      using all = linked(signal);
      const looking = condition.check(all.signal);
      looking.catch(() => undefined);
      const seen = await Promise.race([looking, delay(patienceMs, undefined, { ref: false })]);
      if (seen?.met === true) return seen;
      // A connection that is refused says so itself.
      if (seen !== undefined && writes.every(({ connects = false }) => connects)) return seen;
      const kept = await keptBack(api, writes, all.signal);
      if (kept !== undefined) return { met: true, observed: `not known: ${kept}` };
      return seen ?? (await looking);
    },
  };
}

/** What a webhook does to one of these; undefined when none does anything, or there is none. */
async function keptBack(
  api: ApiClient,
  writes: readonly Write[],
  signal: AbortSignal,
): Promise<string | undefined> {
  // A server that is only slow is spared the trials: most clusters have no webhook at all.
  if (!(await shared(api, 'webhooks', signal, (bounded) => hasWebhooks(api, bounded)))) return undefined;
  const tried = (write: Write): Promise<boolean> =>
    shared(api, write.path, signal, (bounded) => isRefusedNow(write, api, bounded));
  const open = new Set(writes.map(({ path }) => path));
  const trials = writes.map(async (write) => {
    const refused = await tried(write).catch(() => false);
    open.delete(write.path);
    return refused ? `a webhook refuses ${write.path}` : undefined;
  });
  const answered = async (): Promise<string | undefined> => {
    for (const trial of trials) {
      const refusal = await trial;
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  };
  const silent = async (): Promise<string> => {
    await tried(EXEMPT);
    await delay(SILENCE_MS, undefined, { signal });
    return `a webhook gives no answer to ${[...open][0] ?? ''}`;
  };
  return Promise.race([answered(), silent()]);
}

/** What is asked of an API server just now, and for whom: it ends when nobody waits for the answer any more. */
interface Asked {
  readonly answer: Promise<boolean>;
  readonly stop: AbortController;
  waiting: number;
}

const asked = new WeakMap<ApiClient, Map<string, Asked>>();

/**
 * Asks once what several conditions ask at the same time: each further connection is a handshake, of which an emulated
 * guest on a busy host has no dozen in the time of a look.
 */
async function shared(
  api: ApiClient,
  what: string,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<boolean>,
): Promise<boolean> {
  signal.throwIfAborted();
  const all = asked.get(api) ?? new Map<string, Asked>();
  asked.set(api, all);
  const one = all.get(what) ?? start(ask);
  all.set(what, one);
  one.waiting += 1;
  let leave: (() => void) | undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => {
      reject(abortReason(signal));
    };
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([one.answer, left]);
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave);
    one.waiting -= 1;
    // An answer is of its moment: whoever asks later asks anew.
    if (all.get(what) === one && (one.waiting === 0 || !signal.aborted)) all.delete(what);
    if (one.waiting === 0) one.stop.abort();
  }
}

function start(ask: (signal: AbortSignal) => Promise<boolean>): Asked {
  const stop = new AbortController();
  const answer = ask(stop.signal);
  answer.catch(() => undefined);
  return { answer, stop, waiting: 0 };
}

async function isRefusedNow(
  { path, create, connects = false }: Write,
  api: ApiClient,
  signal: AbortSignal,
): Promise<boolean> {
  // Beside others: what a webhook keeps has a connection for as long.
  const { body } = connects
    ? await api.send(path, signal, { apart: true })
    : await api.send(`${path}?dryRun=All`, signal, {
        apart: true,
        method: create === undefined ? 'PATCH' : 'POST',
        body: JSON.stringify(create ?? {}),
        contentType: create === undefined ? 'application/merge-patch+json' : 'application/json',
      });
  // A policy may well refuse what nobody but this would make.
  return create === undefined && !connects ? isRefused(body) : isUnasked(body);
}

const webhooksSchema = z.object({ items: z.array(z.object({ webhooks: z.array(z.unknown()).optional() })) });

/** Whether anybody is asked about writes; gocli's own configuration has no webhooks. */
async function hasWebhooks(api: ApiClient, signal: AbortSignal): Promise<boolean> {
  for (const kind of ['validating', 'mutating']) {
    const path = `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`;
    const { status, body } = await api.send(path, signal, { apart: true });
    if (status !== 200) continue;
    const { items } = webhooksSchema.parse(JSON.parse(body));
    if (items.some(({ webhooks = [] }) => webhooks.length > 0)) return true;
  }
  return false;
}
