import { z } from 'zod';
import type { SavedState } from '../frozen/thaw.ts';
import type { ApiClient } from './api.ts';
import { apiReady } from './conditions.ts';
import { waitFor, type WaitOptions } from '../waiting/condition.ts';
import type { RigPlan } from '../rig/plan.ts';

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

interface Surplus {
  readonly layout: { readonly plan: RigPlan };
  readonly saved: Pick<SavedState, 'machines'>;
}

/**
 * Takes the nodes that a template has beyond the plan out of a cluster that was thawed without their machines: their
 * pods and Node objects go as soon as the API answers, and no EndpointSlice names them any more.
 * @returns true when there were such nodes: what ran on them begins anew elsewhere
 */
export async function removeSurplus(
  { layout, saved }: Surplus,
  api: ApiClient,
  options: WaitOptions,
): Promise<boolean> {
  const gone = saved.machines.slice(layout.plan.guest.nodes).map(({ name }) => name);
  if (gone.length === 0) return false;
  const { signal } = options;
  await waitFor(apiReady(api), options);
  await Promise.all(gone.map((node) => removeNode(api, node, signal)));
  await waitFor(
    {
      name: 'no service leads to a node that is not there',
      check: async (bounded) => {
        const { items } = slicesSchema.parse(
          await api.json('/apis/discovery.k8s.io/v1/endpointslices', bounded),
        );
        const named = items.flatMap(({ endpoints }) => endpoints.map(({ nodeName }) => nodeName));
        const left = gone.filter((node) => named.includes(node));
        return left.length === 0
          ? { met: true }
          : { met: false, observed: `still named: ${left.join(', ')}` };
      },
    },
    options,
  );
  return true;
}

/** Takes a node away whose kubelet is not there any more, and its pods with it. */
export async function removeNode(api: ApiClient, node: string, signal: AbortSignal): Promise<void> {
  await api.send(`/api/v1/nodes/${node}`, signal, { method: 'DELETE' });
  const { items } = podsSchema.parse(
    await api.json(`/api/v1/pods?fieldSelector=spec.nodeName%3D${node}`, signal),
  );
  // Nobody is there to end them in order.
  const force = JSON.stringify({ gracePeriodSeconds: 0 });
  await Promise.all(
    items.map(({ metadata: { name, namespace } }) =>
      api.send(`/api/v1/namespaces/${namespace}/pods/${name}`, signal, { method: 'DELETE', body: force }),
    ),
  );
}
