import pMap from 'p-map';
import { z } from 'zod';
import type { ObjectRef } from '../../addons/render.ts';
import type { StepHandle } from '../../events/steps.ts';
import { waitFor, type Condition } from '../../waiting/condition.ts';
import { patient } from '../conditions.ts';
import { onNodes } from '../on-nodes.ts';
import { removeNode } from '../surplus.ts';
import { type AddonRecord, removeRecord } from './record.ts';
import { nameOf } from './objects.ts';
import {
  type AddonCluster,
  askUntilAnswered,
  AT_ONCE,
  keepRecord,
  knownRecords,
  waitOptions,
} from './addon-cluster.ts';

/**
 * Takes addons out of a cluster with all that they brought, those that need others first. What was interrupted goes on
 * where the same is asked for again.
 * @param addons in the order in which they are removed
 * @throws GocliError KUBERNETES, TIMEOUT naming what does not go, REMOTE_COMMAND
 */
export async function disableAddons(addons: readonly string[], work: AddonCluster): Promise<void> {
  const records = await knownRecords(work);
  for (const name of addons) {
    const record = records.get(name);
    if (record === undefined) continue;
    await work.steps.run(`addon ${name}`, `Disabling ${name} ${record.version}`, (step) =>
      disableOne(record, work, step),
    );
  }
}

async function disableOne(record: AddonRecord, work: AddonCluster, step: StepHandle): Promise<void> {
  const { api, deps, nodes, state, catalog } = work;
  const { name, objects } = record;
  await keepRecord({ ...record, state: 'disabling' }, work);
  await removeObjects(objects, work, step);
  // As it was enabled: this gocli may not have it, or have another.
  const script = record.cleanUp ?? catalog.get(name)?.cleanUp;
  if (script !== undefined)
    await onNodes(state.name, nodes, { what: `is cleaned of ${name}`, script, parameters: () => [] }, deps);
  await askUntilAnswered(`the API forgets addon ${name}`, work, (signal) => removeRecord(api, name, signal));
}

/** Kinds and namespaces take with them what is of them; so they go last. */
const isGround = ({ kind }: ObjectRef): boolean =>
  kind === 'Namespace' || kind === 'CustomResourceDefinition';

/** Programs may need their rights to end in order. */
const isRight = ({ apiVersion, kind }: ObjectRef): boolean =>
  kind === 'ServiceAccount' || apiVersion.startsWith('rbac.authorization.k8s.io/');

/** Removes objects, programs before their rights, and waits until they are gone. */
export async function removeObjects(
  objects: readonly ObjectRef[],
  work: AddonCluster,
  step: StepHandle,
): Promise<void> {
  const options = waitOptions(work, work.deps.signal, (message) => {
    step.progress({ message });
  });
  const { signal } = options;
  const last = objects.filter(isGround).toReversed();
  const rights = objects.filter(isRight).toReversed();
  const first = objects.filter((object) => !isGround(object) && !isRight(object)).toReversed();
  for (const some of [first, rights, last]) {
    await pMap(some, (ref) => waitFor(asked(ref, work), options), { concurrency: AT_ONCE, signal });
    await pMap(some, (ref) => waitFor(gone(ref, work), options), { concurrency: AT_ONCE, signal });
  }
}

/** Nobody is there to end the pods of a node that was only an object. */
function asked(ref: ObjectRef, { api, objects }: AddonCluster): Condition {
  return {
    name: `the API removes ${nameOf(ref)}`,
    check: async (signal) => {
      if (ref.kind === 'Node') return removeNode(api, ref.name, signal);
      await objects.remove(ref, signal);
      return { met: true };
    },
  };
}

const leavingSchema = z.object({
  metadata: z.object({
    finalizers: z.array(z.string()).default([]),
    deletionTimestamp: z.string().optional(),
  }),
});

function gone(ref: ObjectRef, { objects }: Pick<AddonCluster, 'objects'>): Condition {
  return patient({
    name: `${nameOf(ref)} is gone`,
    check: async (signal) => {
      const found = await objects.get(ref, signal);
      if (found === undefined) return { met: true };
      const { finalizers, deletionTimestamp } = leavingSchema.parse(found).metadata;
      const why = finalizers.length === 0 ? '' : `, held by ${finalizers.join(', ')}`;
      const what = deletionTimestamp === undefined ? 'there again: something makes it anew' : 'still there';
      return { met: false, observed: `${nameOf(ref)} is ${what}${why}` };
    },
  });
}
