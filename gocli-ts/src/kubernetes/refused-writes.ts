import { setTimeout as delay } from 'node:timers/promises';
import { GocliError, messageOf } from '../errors/error.ts';
import { linked } from '../shared/limit.ts';
import type { Condition, Observation } from '../waiting/condition.ts';
import type { ApiClient } from './api.ts';
import { AskedOnce } from './asked-once.ts';
import { podListSchema } from './objects.ts';
import { EXEMPT, type Write } from './trial-writes.ts';
import { isRefused, isUnasked, refuserIn, removalHint, webhooksOf, type Webhooks } from './webhooks.ts';

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

interface Bearing {
  /** Milliseconds from the first look until anything is tried. */
  readonly afterMs?: number;
  /** Name of the cluster, for what is typed. */
  readonly rig?: string;
}

/** What a webhook does. */
interface Kept {
  readonly why: string;
  /** Its name, when it was told. */
  readonly webhook: string;
}

/**
 * A condition that is also taken for met while a webhook of the user's refuses what has to be written before it can, or
 * keeps it without an answer: what is stored is then of some time before, and says nothing of now. Such webhooks are
 * asked in trials, too (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run). Whoever waits does so
 * until nothing changes any more, since the server of a webhook may only just start.
 */
export function unlessRefused(
  condition: Condition,
  api: ApiClient,
  writes: readonly Write[],
  { afterMs = 0, rig }: Bearing = {},
): Condition {
  let begun: number | undefined;
  return {
    ...condition,
    check: async (signal) => {
      begun ??= performance.now();
      // What is still open at the end would keep its connection from others.
      using all = linked(signal);
      const looking = unmetBy(condition, all.signal);
      looking.catch(() => undefined);
      const early = begun + afterMs - performance.now();
      const seen = await Promise.race([
        looking,
        delay(Math.max(PATIENCE_MS, early), undefined, { ref: false }),
      ]);
      if (seen?.met === true) return seen;
      const own = refusalIn(seen);
      // A connection that is refused says so itself.
      const connections = writes.every(({ connects = false }) => connects);
      if (own === undefined && seen !== undefined && (connections || early > 0)) return seen;
      const webhooks = await configurations
        .ask(api, '', all.signal, (bounded) => webhooksOf(api, bounded))
        .catch(() => []);
      // A server that is only slow is spared the trials: most clusters have no webhook at all.
      if (own === undefined && webhooks.length === 0) return seen ?? (await looking);
      const pods = connections ? [] : await podsOf(api, all.signal);
      const kept = own ?? (await keptBack(api, writes, pods, all.signal));
      if (kept === undefined) return seen ?? (await looking);
      // Meanwhile it may have answered.
      const last = seen ?? (await Promise.race([looking, delay(PATIENCE_MS, undefined, { ref: false })]));
      if (last?.met === true) return last;
      return presume(kept, [last?.observed ?? '', ...pods.map(({ version }) => version)], webhooks, rig);
    },
  };
}

const configurations = new AskedOnce<Webhooks[]>();
const podLists = new AskedOnce<SeenPod[]>();
const trials = new AskedOnce<string | undefined>();

/** Looks once; what goes wrong is an observation, but for what ends every wait. */
async function unmetBy(condition: Condition, signal: AbortSignal): Promise<Observation> {
  try {
    return await condition.check(signal);
  } catch (error) {
    if (error instanceof GocliError || signal.aborted) throw error;
    return { met: false, observed: messageOf(error) };
  }
}

function refusalIn(seen: Observation | undefined): Kept | undefined {
  if (seen?.met !== false || !isRefused(seen.observed)) return undefined;
  const webhook = refuserIn(seen.observed);
  return { why: `the webhook "${webhook}" refuses it`, webhook };
}

function presume(
  { why, webhook }: Kept,
  state: readonly string[],
  webhooks: readonly Webhooks[],
  rig: string | undefined,
): Observation {
  const hint = removalHint(webhooks, webhook, rig);
  const presumed = { why, state: state.join(' '), ...(hint === '' ? {} : { hint }) };
  return { met: true, observed: `not known: ${why}`, presumed };
}

interface SeenPod {
  readonly name: string;
  readonly version: string;
}

/** The pods of the system, which change as long as any of them only starts. */
async function podsOf(api: ApiClient, signal: AbortSignal): Promise<SeenPod[]> {
  const path = '/api/v1/namespaces/kube-system/pods';
  const list = podLists.ask(api, path, signal, async (bounded) => {
    const { items } = podListSchema.parse(await api.json(path, bounded, { apart: true }));
    return items.map(({ metadata: { name, resourceVersion = '' } }) => ({ name, version: resourceVersion }));
  });
  return list.catch(() => []);
}

/** What a webhook does to one of these; undefined when none does anything. */
async function keptBack(
  api: ApiClient,
  writes: readonly Write[],
  pods: readonly SeenPod[],
  signal: AbortSignal,
): Promise<Kept | undefined> {
  const all = writes.flatMap((write) => each(write, pods));
  const open = new Set(all);
  const tried = (write: Write): Promise<string | undefined> =>
    trials.ask(api, JSON.stringify(write), signal, (bounded) => refuserNow(write, api, bounded));
  const answers = all.map(async (write) => {
    const webhook = await tried(write).catch(() => undefined);
    open.delete(write);
    return webhook === undefined
      ? undefined
      : { why: `the webhook "${webhook}" refuses ${write.path}`, webhook };
  });
  const answered = async (): Promise<Kept | undefined> => {
    for (const answer of answers) {
      const refusal = await answer;
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  };
  const silent = async (): Promise<Kept> => {
    await tried(EXEMPT);
    await delay(SILENCE_MS, undefined, { signal });
    return { why: `a webhook gives no answer to ${[...open][0]?.path ?? ''}`, webhook: '' };
  };
  return Promise.race([answered(), silent()]);
}

/** Those of the system whose state Ready depends on. */
function each(write: Write, pods: readonly SeenPod[]): Write[] {
  if (!write.path.includes('/*/')) return [write];
  return pods
    .filter(({ name }) => /^(coredns|metrics-server)-/.test(name))
    .map(({ name }) => ({ ...write, path: write.path.replace('/*/', `/${name}/`) }));
}

/** @returns the name of a webhook that refuses it now */
async function refuserNow(
  { path, create, removes = false, connects = false }: Write,
  api: ApiClient,
  signal: AbortSignal,
): Promise<string | undefined> {
  const apart = true;
  const trial = `${path}${path.includes('?') ? '&' : '?'}dryRun=All`;
  // Beside others: what a webhook keeps has a connection for as long.
  const { body } = connects
    ? await api.send(path, signal, { apart })
    : removes
      ? await api.send(trial, signal, { apart, method: 'DELETE' })
      : await api.send(trial, signal, {
          apart,
          method: create === undefined ? 'PATCH' : 'POST',
          body: JSON.stringify(create ?? {}),
          contentType: create === undefined ? 'application/merge-patch+json' : 'application/json',
        });
  // A policy may well refuse what nobody but this would make.
  const refused = create === undefined && !connects ? isRefused(body) : isUnasked(body);
  return refused ? refuserIn(body) : undefined;
}
