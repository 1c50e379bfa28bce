import { z } from 'zod';
import type { Addon } from '../../addons/catalog.ts';
import { ADDON_LABEL, type ObjectRef } from '../../addons/render.ts';
import { AWAITED, type AwaitedKind } from '../../addons/schema.ts';
import { gocliCommand } from '../../shared/command.ts';
import type { Condition, Observation } from '../../waiting/condition.ts';
import type { ApiClient } from '../api.ts';
import { patient } from '../conditions.ts';
import { isTrue, nodeListSchema } from '../objects.ts';
import { troubles } from '../system-conditions.ts';
import { type ClusterObjects, nameOf } from './objects.ts';

const GROUPS: Readonly<Record<AwaitedKind, string>> = {
  APIService: 'apiregistration.k8s.io/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
};

const objectSchema = z.object({
  metadata: z.object({ generation: z.int().default(0) }),
  spec: z.object({ replicas: z.int().default(1) }).default({ replicas: 1 }),
  status: z
    .object({
      observedGeneration: z.int().default(0),
      // That of a kind that was just made is null.
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .nullish()
        .transform((list) => list ?? []),
      replicas: z.int().default(0),
      updatedReplicas: z.int().default(0),
      availableReplicas: z.int().default(0),
      desiredNumberScheduled: z.int().default(0),
      updatedNumberScheduled: z.int().default(0),
      numberAvailable: z.int().default(0),
    })
    .prefault({}),
});
type Seen = z.infer<typeof objectSchema>;

/** What each kind has to say of itself; undefined when it does, else what is missing. */
const MISSING: Readonly<Record<AwaitedKind, (seen: Seen) => string | undefined>> = {
  APIService: (seen) => unlessTrue(seen, 'Available'),
  CustomResourceDefinition: (seen) => unlessTrue(seen, 'Established'),
  Deployment: ({ spec, status }) =>
    unlessAll(
      Math.min(status.availableReplicas, status.updatedReplicas),
      Math.max(spec.replicas, status.replicas),
    ),
  DaemonSet: ({ status }) =>
    unlessAll(Math.min(status.numberAvailable, status.updatedNumberScheduled), status.desiredNumberScheduled),
};

/** What is waited for when an addon is enabled: all its objects that can be, and what its file names beside them. */
export function addonConditions(
  { name: addon, conditions }: Pick<Addon, 'name' | 'conditions'>,
  objects: readonly ObjectRef[],
  target: { readonly api: ApiClient; readonly objects: ClusterObjects; readonly rig: string },
): Condition[] {
  const own = objects.filter(({ kind }) => isAwaited(kind));
  const named = conditions.map(({ kind, namespace, name }) => ({
    apiVersion: GROUPS[kind],
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
  }));
  const nodes = objects.filter(({ kind }) => kind === 'Node').length;
  const all = [...own, ...named].map((ref) => asExpected(ref, target));
  return nodes === 0 ? all : [...all, nodesReady(addon, nodes, target.api)];
}

/** Of nodes there may be a thousand: one look is for all of them. */
function nodesReady(addon: string, wanted: number, api: ApiClient): Condition {
  const path = `/api/v1/nodes?labelSelector=${encodeURIComponent(`${ADDON_LABEL}=${addon}`)}`;
  return patient({
    name: `all ${wanted.toFixed(0)} nodes of ${addon} are Ready`,
    check: async (signal): Promise<Observation> => {
      const { items } = nodeListSchema.parse(await api.json(path, signal));
      const ready = items.filter(({ status }) => isTrue(status.conditions, 'Ready')).length;
      if (ready >= wanted) return { met: true };
      return { met: false, observed: `${ready.toFixed(0)} of ${wanted.toFixed(0)} nodes are Ready` };
    },
  });
}

function isAwaited(kind: string): kind is AwaitedKind {
  return (AWAITED as readonly string[]).includes(kind);
}

/** One object is there and says that it is as it should be. */
export function asExpected(
  ref: ObjectRef,
  { api, objects, rig }: { readonly api: ApiClient; readonly objects: ClusterObjects; readonly rig: string },
): Condition {
  const { kind, name, namespace } = ref;
  return patient({
    name: `${nameOf(ref)} is as it should be`,
    hint: `Its events: ${gocliCommand('kubectl', rig)} describe ${kind.toLowerCase()} ${name}${namespace === undefined ? '' : ` -n ${namespace}`}`,
    check: async (signal): Promise<Observation> => {
      const found = await objects.get(ref, signal);
      if (found === undefined) return { met: false, observed: `${nameOf(ref)} is not there` };
      const seen = objectSchema.parse(found);
      const late = seen.status.observedGeneration < seen.metadata.generation && hasPods(kind);
      const missing = late
        ? 'not seen by its controller yet'
        : isAwaited(kind)
          ? MISSING[kind](seen)
          : undefined;
      if (missing === undefined) return { met: true };
      const why = hasPods(kind) ? await troubles(api, signal, [name]) : '';
      return { met: false, observed: `${nameOf(ref)}: ${missing}${why}` };
    },
  });
}

const hasPods = (kind: string): boolean => kind === 'Deployment' || kind === 'DaemonSet';

function unlessTrue({ status: { conditions } }: Seen, type: string): string | undefined {
  if (isTrue(conditions, type)) return undefined;
  const message = conditions.find((one) => one.type === type)?.message;
  return `not ${type} yet${message === undefined ? '' : ` (${message})`}`;
}

function unlessAll(count: number, wanted: number): string | undefined {
  return count >= wanted ? undefined : `${count.toFixed(0)} of ${wanted.toFixed(0)} available`;
}
