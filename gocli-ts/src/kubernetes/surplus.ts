import { z } from 'zod';
import type { SavedState } from '../frozen/thaw.ts';
import type { ApiClient } from './api.ts';
import { apiReady, patient, THAW_PATIENCE_MS } from './conditions.ts';
import { lastLines } from '../shared/text.ts';
import { waitFor, type Condition, type Observation, type WaitOptions } from '../waiting/condition.ts';
import type { RigPlan } from '../rig/plan.ts';
import { unlessRefused } from './refused-writes.ts';
import { removalOf, SERVICE_WRITES, type Write } from './trial-writes.ts';

const podsSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string(), namespace: z.string() }) })),
});
const slicesSchema = z.object({
  items: z.array(
    z.object({
      endpoints: z
        .array(z.object({ nodeName: z.string().optional() }))
        .nullish()
        .transform((list) => list ?? []),
    }),
  ),
});

/** Milliseconds between two requests to remove what may not go. */
const REMOVAL_MS = 250;

interface Surplus {
  readonly layout: { readonly plan: RigPlan };
  readonly saved: Pick<SavedState, 'machines'>;
}

/**
 * Takes the nodes that a template has beyond the plan out of a cluster that was thawed without their machines: their
 * pods and Node objects go as soon as the API answers, and no EndpointSlice names them any more. A node whose removal a
 * webhook of the user's refuses is left: nothing else asks the API server around webhooks.
 * @returns true when there were such nodes: what ran on them begins anew elsewhere
 * @throws GocliError TIMEOUT with the answer to what was not removed
 */
export async function removeSurplus(
  { layout, saved }: Surplus,
  api: ApiClient,
  options: WaitOptions,
): Promise<boolean> {
  const { nodes } = layout.plan.guest;
  const gone = saved.machines.slice(nodes).map(({ name }) => name);
  if (gone.length === 0) return false;
  const bearing = { afterMs: THAW_PATIENCE_MS, rig: layout.plan.host.name };
  const bear = (condition: Condition, writes: readonly Write[]): Condition =>
    unlessRefused(patient(condition), api, writes, bearing);
  await waitFor(apiReady(api), options);
  const removed = await Promise.all(
    gone.map(async (node) => {
      const removal = bear(removalCondition(api, node), removalOf(node));
      const seen = await waitFor(removal, { ...options, intervalMs: REMOVAL_MS });
      return seen.met && seen.presumed === undefined ? [node] : [];
    }),
  );
  await waitFor(bear(unnamed(api, removed.flat()), SERVICE_WRITES), options);
  return true;
}

function removalCondition(api: ApiClient, node: string): Condition {
  return {
    name: `${node}, which has no machine, is taken out`,
    check: (signal) => removeNode(api, node, signal),
  };
}

function unnamed(api: ApiClient, gone: readonly string[]): Condition {
  return {
    name: 'no service leads to a node that is not there',
    check: async (signal) => {
      const slices = await api.json('/apis/discovery.k8s.io/v1/endpointslices', signal);
      const { items } = slicesSchema.parse(slices);
      const named = items.flatMap(({ endpoints }) => endpoints.map(({ nodeName }) => nodeName));
      const left = gone.filter((node) => named.includes(node));
      return left.length === 0 ? { met: true } : { met: false, observed: `still named: ${left.join(', ')}` };
    },
  };
}

/**
 * Takes a node away whose kubelet is not there any more, and its pods with it. One that may not go takes no new pods.
 * @returns met when the API server did all of it, else its answer
 */
export async function removeNode(api: ApiClient, node: string, signal: AbortSignal): Promise<Observation> {
  const path = `/api/v1/nodes/${node}`;
  const refusals = [await remove(api, path, signal)];
  if (refusals[0] !== undefined) await cordon(api, path, signal);
  const { items } = podsSchema.parse(
    await api.json(`/api/v1/pods?fieldSelector=spec.nodeName%3D${node}`, signal),
  );
  const pods = items.map(({ metadata }) => `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`);
  refusals.push(...(await Promise.all(pods.map((pod) => remove(api, pod, signal)))));
  const observed = refusals.find((refusal) => refusal !== undefined);
  return observed === undefined ? { met: true } : { met: false, observed };
}

/** @returns what the API server said, unless what lies there is gone */
async function remove(api: ApiClient, path: string, signal: AbortSignal): Promise<string | undefined> {
  // Nobody is there to end them in order.
  const force = JSON.stringify({ gracePeriodSeconds: 0 });
  const { status, body } = await api.send(path, signal, { method: 'DELETE', body: force });
  return status < 300 || status === 404
    ? undefined
    : `DELETE ${path}: status ${status}: ${lastLines(body, 1)}`;
}

async function cordon(api: ApiClient, path: string, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify({ spec: { unschedulable: true } });
  await api.send(path, signal, { method: 'PATCH', body, contentType: 'application/merge-patch+json' });
}
